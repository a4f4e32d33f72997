from __future__ import annotations

import errno

import pytest
from hub_models import files_of
from hub_uploads import UploadHub

from isomorph import SentenceTransformer
from isomorph.card import make_card
from isomorph.errors import (
    AccessDenied,
    HubUnavailable,
    InputError,
    ModelExists,
    ModelNotFound,
    Unsupported,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:Use 'content=:DeprecationWarning"  # huggingface_hub's own way of sending large files
)


def commit_url(hub: UploadHub, repo_id: str, revision: str = "main") -> str:
    return f"{hub.url}/{repo_id}/commit/{hub.repos[repo_id].refs[revision]}"


def test_a_push_makes_the_repository_with_exactly_these_files(hub, model, tmp_path):
    url = model.push_to_hub("org/new", token="t", train_datasets=["owner/set"])
    card = make_card(model, None, ["owner/set"], "org/new")
    model.save_pretrained(tmp_path / "saved", create_model_card=False)
    saved = files_of(tmp_path / "saved")
    assert "model.safetensors" in saved
    assert hub.files("org/new") == {**saved, "README.md": card.encode()}
    assert url == commit_url(hub, "org/new")
    assert 'SentenceTransformer("org/new")' in card
    assert hub.messages == [("Add new SentenceTransformer model", "")]
    assert hub.private == set()
    assert model.model_card_data.model_id == "org/new"


def test_what_was_pushed_loads_with_equal_vectors(hub, model, tmp_path):
    model.push_to_hub("org/new", private=True)
    assert hub.private == {"org/new"}
    again = SentenceTransformer("org/new", backend="reference", cache_folder=str(tmp_path / "hub"))
    texts = ["one text", "another one"]
    assert (again.encode(texts) == model.encode(texts)).all()
    assert make_card(again) == make_card(model)


def test_all_files_come_in_one_commit(hub, model):
    model.push_to_hub("org/new")
    assert sum("/commit/" in path for _, path in hub.requests) == 1


def test_a_name_alone_is_one_of_your_own(hub, model):
    assert model.push_to_hub("new") == commit_url(hub, "me/new")
    assert b'SentenceTransformer("me/new")' in hub.files("me/new")["README.md"]


def test_a_name_that_is_taken(hub, model):
    before = hub.add("org/old", {"other.txt": b"other", "config.json": b"{}"})
    with pytest.raises(ModelExists, match=r"org/old.*HTTP 409.*exist_ok=True"):
        model.push_to_hub("org/old")
    assert hub.repos["org/old"].refs["main"] == before
    assert model.push_to_hub("org/old", exist_ok=True, commit_message="mine")
    files = hub.files("org/old")
    assert files["other.txt"] == b"other"
    assert files["config.json"] != b"{}"
    assert hub.messages == [("mine", "")]


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("own", [None, b"our own"])
def test_a_card_on_the_hub_stays_unless_asked(hub, model, folder, own, replace):
    if own is not None:
        (folder / "README.md").write_bytes(own)
    hub.add("org/old", {"README.md": b"theirs"})
    model.push_to_hub("org/old", exist_ok=True, replace_model_card=replace)
    card = make_card(model).encode() if replace else b"theirs"
    assert hub.files("org/old")["README.md"] == card
    assert own is None or not replace or card == own
    assert len(hub.files("org/old")) > 1


def test_the_way_of_saving_is_passed_on(hub, model):
    with pytest.raises(Unsupported, match="safe_serialization=False"):
        model.push_to_hub("org/new", safe_serialization=False)
    assert hub.requests == []


def test_a_pull_request(hub, model):
    before = hub.add("org/old", {"other.txt": b"other"})
    url = model.push_to_hub("org/old", create_pr=True)
    assert url == f"{hub.url}/org/old/discussions/1"
    assert hub.repos["org/old"].refs["main"] == before
    assert "model.safetensors" in hub.files("org/old", "refs/pr/1")
    ((_, description),) = hub.messages
    assert 'SentenceTransformer("org/old", revision=f"refs/pr/{number}")' in description
    for module in model:
        assert f". {module.kind}\n" in description
    with pytest.raises(InputError, match="create_pr=True"):
        model.push_to_hub("org/old", create_pr=True, revision="v2")


def test_a_pull_request_is_added_to(hub, model):
    hub.add("org/old", {"other.txt": b"other"})
    hub.add("org/old", {"README.md": b"theirs"}, "refs/pr/1")
    url = model.push_to_hub("org/old", exist_ok=True, revision="refs/pr/1")
    assert url == commit_url(hub, "org/old", "refs/pr/1")
    assert hub.files("org/old", "refs/pr/1")["README.md"] == b"theirs"
    assert hub.files("org/old") == {"other.txt": b"other"}


def test_a_branch_is_made_and_then_used(hub, model, tmp_path):
    for _ in range(2):
        url = model.push_to_hub("org/new", revision="v2", exist_ok=True)
        assert url == commit_url(hub, "org/new", "v2")
    assert hub.files("org/new") == {}
    cache = str(tmp_path / "hub")
    again = SentenceTransformer("org/new", revision="v2", backend="reference", cache_folder=cache)
    assert (again.encode(["a text"]) == model.encode(["a text"])).all()


def test_a_folder_is_uploaded_as_it_is(hub, model, tmp_path, monkeypatch):
    monkeypatch.setattr(type(model), "save_pretrained", None)  # nothing of the model is saved
    given = tmp_path / "given"
    for name in ("a.txt", "deep/er/b.bin", ".git/config", ".cache/huggingface/x", "empty.txt"):
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        (given / name).write_text("" if "empty" in name else name)
    model.push_to_hub("org/new", local_model_path=given)
    assert hub.files("org/new") == {
        "a.txt": b"a.txt",
        "deep/er/b.bin": b"deep/er/b.bin",
        "empty.txt": b"",
    }


def test_the_old_name(hub, model):
    with pytest.warns(DeprecationWarning, match="push_to_hub"):
        assert model.save_to_hub("new", "org") == commit_url(hub, "org/new")
    assert hub.messages == [("Add new model.", "")]
    with (
        pytest.warns(DeprecationWarning, match="push_to_hub"),
        pytest.raises(InputError, match="leave organization out"),
    ):
        model.save_to_hub("me/new", organization="org")
    with pytest.warns(DeprecationWarning, match="push_to_hub"), pytest.raises(ModelExists):
        model.save_to_hub("org/new", organization="org")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"repo_id": "a b/c"}, "cannot be a model's name"),
        ({"repo_id": "a/b/c"}, "cannot be a model's name"),
        ({"repo_id": "org/new", "commit_message": " "}, "commit_message is empty"),
        ({"repo_id": "org/new", "train_datasets": [1]}, "train_datasets"),
        ({"repo_id": "org/new", "local_model_path": "/does/not/exist"}, "not a folder"),
    ],
)
def test_what_cannot_succeed_asks_for_nothing(hub, model, arguments, words):
    with pytest.raises(InputError, match=words):
        model.push_to_hub(**arguments)
    assert hub.requests == []


def test_offline_asks_for_nothing(hub, model, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubUnavailable, match="HF_HUB_OFFLINE is set"):
        model.push_to_hub("org/new")
    assert hub.requests == []


def test_a_missing_or_wrong_token(hub, model):
    hub.secret = "right"
    for token in (None, False, "wrong"):
        with pytest.raises(AccessDenied, match=r"org/new.*HTTP 401.*hf auth login"):
            model.push_to_hub("org/new", token=token)
    assert model.push_to_hub("org/new", token="right")


def test_a_token_without_the_right(hub, model):
    hub.fail("/api/repos/create", 403)
    with pytest.raises(AccessDenied, match=r"may not write.*HTTP 403.*create_pr=True"):
        model.push_to_hub("org/new")


def test_an_unknown_owner(hub, model):
    with pytest.raises(ModelNotFound, match=r"nobody/new.*HTTP 404.*spelling"):
        model.push_to_hub("nobody/new")


def test_too_many_requests(hub, model):
    hub.fail("/api/repos/create", 429, Retry_After="7")
    with pytest.raises(HubUnavailable, match=r"HTTP 429.*org/new.*after 7 seconds") as caught:
        model.push_to_hub("org/new")
    assert "exist_ok" not in str(caught.value)
    hub.fail("/commit/", 429, Retry_After="7")
    with pytest.raises(HubUnavailable, match=r"after 7 seconds.*exist_ok=True"):
        model.push_to_hub("org/new")
    assert hub.files("org/new") == {}
    assert model.push_to_hub("org/new", exist_ok=True)


@pytest.mark.parametrize("step", ["/preupload/", "/objects/batch", "^/lfs/", "/commit/"])
def test_a_push_does_not_wait_a_day(hub, model, step, monkeypatch):
    def sleep(seconds):
        assert seconds < 60, f"waited {seconds} seconds"

    monkeypatch.setattr("time.sleep", sleep)
    hub.fail(step, 503, times=99, Retry_After="86400")
    with pytest.raises(HubUnavailable, match=r"org/new.*wait 86400 seconds.*exist_ok=True"):
        model.push_to_hub("org/new")
    assert hub.files("org/new") == {}


@pytest.mark.parametrize("step", ["/preupload/", "/objects/batch", "^/lfs/", "/validate-yaml"])
def test_a_hub_out_of_order(hub, model, step):
    hub.fail(step, 503, times=99)
    with pytest.raises(HubUnavailable, match="org/new"):
        model.push_to_hub("org/new")
    assert hub.files("org/new") == {}
    assert model.model_card_data.model_id is None


def test_metadata_that_the_hub_does_not_accept(hub, model):
    model.model_card_data.license = "refused"
    with pytest.raises(InputError, match="must be one of those known"):
        model.push_to_hub("org/new")
    assert hub.files("org/new") == {}


def test_a_change_meanwhile(hub, model):
    hub.fail("/commit/", 412)
    with pytest.raises(HubUnavailable, match="meanwhile"):
        model.push_to_hub("org/new")


@pytest.mark.parametrize("path", ["^/lfs/", "/objects/batch", "/preupload/"])
def test_a_connection_that_drops_once_is_tried_again(hub, model, tmp_path, path):
    model.save_pretrained(tmp_path / "saved", create_model_card=False)
    saved = files_of(tmp_path / "saved")
    hub.drop(path, after=100)
    model.push_to_hub("org/new")
    pushed = hub.files("org/new")
    assert {name: pushed.get(name) for name in saved} == saved


@pytest.mark.parametrize("path", ["/repos/create", "^/lfs/", "/objects/batch", "/commit/"])
def test_a_connection_that_stays_dropped(hub, model, folder, path):
    before, vectors = files_of(folder), model.encode(["a text"])
    hub.drop(path, after=10, times=99)
    with pytest.raises(HubUnavailable, match=r"could not be reached.*org/new.*all of it") as caught:
        model.push_to_hub("org/new")
    assert ("exist_ok" in str(caught.value)) == ("create" not in path)
    assert hub.files("org/new") == {} if "org/new" in hub.repos else path == "/repos/create"
    assert files_of(folder) == before
    assert (model.encode(["a text"]) == vectors).all()
    assert model.model_card_data.given() == set()
    hub.faults.clear()
    assert model.push_to_hub("org/new", exist_ok=True)


def test_no_folder_is_left_behind(hub, model, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    model.push_to_hub("org/new")
    with pytest.raises(ModelExists):
        model.push_to_hub("org/new")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_reason_is_found_beneath_the_name_of_the_file(hub, model):
    hub.fail("^/lfs/", 403)
    with pytest.raises(AccessDenied, match=r"upload the files.*HTTP 403"):
        model.push_to_hub("org/new")


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "full"), FileNotFoundError(errno.ENOENT, "gone", "a file"), KeyError()],
)
def test_what_is_not_the_hubs_doing_is_not_blamed_on_it(hub, model, monkeypatch, error):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("huggingface_hub.HfApi.create_commit", fail)
    with pytest.raises(type(error)) as caught:
        model.push_to_hub("org/new")
    assert caught.value is error
