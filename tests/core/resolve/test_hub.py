from __future__ import annotations

import errno
import json
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hub_models import MODEL, WANTED, files_of
from hub_server import HubServer

from isomorph.contract import BackendInfo
from isomorph.errors import AccessDenied, BadModel, HubUnavailable, ModelNotFound
from isomorph.plugins import discovery
from isomorph.resolve import Request, resolve
from isomorph.resolve.wanted import patterns_of


@pytest.fixture
def ask(hub: HubServer, tmp_path: Path):
    def ask(name: str = "org/name", **options) -> Path:
        return resolve(name, Request(cache_folder=tmp_path / "hub", endpoint=hub.url, **options))

    return ask


def storage(tmp_path: Path) -> Path:
    return tmp_path / "hub" / "models--org--name"


def test_downloads_the_model_without_its_copies(ask):
    assert files_of(ask()) == {name: MODEL[name] for name in WANTED}


def test_old_weights_are_taken_where_there_are_no_others(ask, hub):
    hub.add("org/name", {n: c for n, c in MODEL.items() if n != "model.safetensors"})
    assert "pytorch_model.bin" in files_of(ask())


def test_patterns_bring_more_files(ask):
    plain = ask()
    assert not (plain / "fast").exists()
    assert (ask(patterns=("fast/*",)) / "fast/model.graph").is_file()


NAMED = {"fast/small.graph": b"1", "fast/small.graph_data": b"2", "fast/small-1.graph.data": b"3"}
OTHERS = {"fast/large.graph": b"4", "fast/large.graph_data": b"5"}


@pytest.mark.parametrize("name", ["small.graph", "small", "fast/small.graph", "fast/small"])
def test_a_file_that_is_named_comes_with_what_lies_beside_it(name, ask, hub):
    hub.add("org/name", {**MODEL, **NAMED, **OTHERS})
    there = files_of(ask(patterns=patterns_of(name)))
    pieces = {"fast/small-1.graph.data"} if name.endswith(".graph") else set()
    assert there.keys() >= {"fast/small.graph", "fast/small.graph_data"} | pieces
    assert there.keys().isdisjoint(OTHERS)


@pytest.mark.parametrize("name", [None, "", "/", 3, "[!a]*"])
def test_what_names_no_file_brings_none(name, ask, hub):
    hub.add("org/name", {**MODEL, **NAMED})
    assert files_of(ask(patterns=patterns_of(name))).keys() == WANTED


def test_without_weights_the_files_of_backends_are_the_model(ask, hub, monkeypatch):
    fast = BackendInfo("fast", "fast:Fast", artifacts=("fast/*.graph",))
    plugins = replace(discovery.installed(), infos=(fast,))
    monkeypatch.setattr(discovery, "installed", lambda: plugins)
    bare = {n: c for n, c in MODEL.items() if n not in ("model.safetensors", "pytorch_model.bin")}
    hub.add("org/name", {**bare, **NAMED})
    first = ask()
    assert files_of(first).keys() == WANTED - {"model.safetensors"} | {
        "fast/small.graph",
        "fast/model.graph",
    }
    assert ask(local_files_only=True) == first


def test_a_cached_branch_costs_one_request(ask, hub):
    first = ask()
    hub.requests.clear()
    assert ask() == first
    assert [method for method, _ in hub.requests] == ["GET"]
    assert "/revision/main" in hub.requests[0][1]


def test_a_cached_commit_costs_none(ask, hub, deny_network):
    commit = hub.repos["org/name"].refs["main"]
    first = ask(revision=commit)
    deny_network()
    assert ask(revision=commit) == first


def test_local_files_only_never_connects(ask, deny_network):
    first = ask()
    deny_network()
    assert ask(local_files_only=True) == first
    with pytest.raises(ModelNotFound, match=r"local_files_only=True.*hf download org/other"):
        ask("org/other", local_files_only=True)


def test_offline_variable_never_connects(ask, deny_network, monkeypatch):
    first = ask()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    deny_network()
    assert ask() == first
    with pytest.raises(ModelNotFound, match=r"HF_HUB_OFFLINE is set.*hf download org/other"):
        ask("org/other")


def test_revisions(ask, hub):
    main = ask()
    hub.add("org/name", {**MODEL, "README.md": b"other"}, "v1.0")
    assert (ask(revision="v1.0") / "README.md").read_bytes() == b"other"
    assert ask(revision="v1.0", local_files_only=True) != main
    assert ask(local_files_only=True) == main
    with pytest.raises(ModelNotFound, match="no revision 'v9'"):
        ask(revision="v9")


def test_a_new_commit_is_noticed(ask, hub):
    first = ask()
    hub.add("org/name", {**MODEL, "README.md": b"new"})
    second = ask()
    assert second != first
    assert (second / "README.md").read_bytes() == b"new"


@pytest.mark.parametrize("revision", ["../../x", "/etc", "a/../../b", "..\\x"])
def test_revisions_do_not_climb(ask, revision):
    with pytest.raises(ModelNotFound, match="cannot be a revision"):
        ask(revision=revision)


def test_an_unknown_model(ask):
    with pytest.raises(ModelNotFound, match=r"no model 'org/nothing'.*Check the spelling"):
        ask("org/nothing")


def test_an_invalid_name(ask, hub):
    with pytest.raises(ModelNotFound, match="neither a folder nor a name"):
        ask("or g/na me")
    assert not hub.requests


def test_bare_names_get_the_organization(ask, hub):
    hub.add("acme/tiny", MODEL)
    hub.add("bert-base-uncased", MODEL)
    assert "models--acme--tiny" in str(ask("tiny", organization="acme"))
    assert "models--bert-base-uncased" in str(ask("bert-base-uncased", organization="acme"))


def test_a_gated_model(ask, hub):
    hub.repos["org/name"].token, hub.repos["org/name"].gated = "secret", True
    with pytest.raises(AccessDenied, match=r"restricted.*hf auth login"):
        ask(token=False)
    with pytest.raises(AccessDenied, match="restricted"):
        ask(token="wrong")
    assert ask(token="secret").is_dir()


def test_a_private_model(ask, hub):
    hub.repos["org/name"].token = "secret"
    with pytest.raises(ModelNotFound, match="private"):
        ask(token=False)
    assert ask(token="secret").is_dir()


def test_a_refused_token(ask, hub):
    hub.fail("/api/models/", 403)
    with pytest.raises(AccessDenied, match="HTTP 403"):
        ask()


def test_too_many_requests(ask, hub):
    hub.fail("/api/models/", 429, Retry_After="7")
    with pytest.raises(HubUnavailable, match=r"HTTP 429.*after 7 seconds"):
        ask()


def test_a_hub_out_of_order_is_answered_from_the_cache(ask, hub, caplog):
    first = ask()
    for status in (429, 503):
        hub.fail("/api/models/", status)
        assert ask() == first
        assert f"HTTP {status}" in caplog.text


def test_a_hub_that_says_no_is_not_answered_from_the_cache(ask, hub):
    ask()
    del hub.repos["org/name"]
    with pytest.raises(ModelNotFound, match="no model"):
        ask()


def test_no_connection(tmp_path, hub):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}"
        request = Request(cache_folder=tmp_path / "hub", endpoint=closed)
        with pytest.raises(HubUnavailable, match=r"could not be reached.*hf download org/name"):
            resolve("org/name", request)
        whole = resolve("org/name", Request(cache_folder=tmp_path / "hub", endpoint=hub.url))
        assert resolve("org/name", request) == whole


def test_a_page_that_is_no_hub(ask, hub):
    hub.fail("/api/models/", 200)
    with pytest.raises(HubUnavailable, match="could not be reached"):
        ask()


def test_a_dropped_connection_is_resumed(ask, hub):
    hub.cut("model.safetensors", after=50_000)
    assert (ask() / "model.safetensors").read_bytes() == MODEL["model.safetensors"]
    assert sum("cdn" in path for _, path in hub.requests) == 2


def test_a_failed_download_leaves_nothing_that_is_used(ask, hub, tmp_path):
    hub.cut("model.safetensors", after=50_000)
    hub.fail("/cdn/", 500, "GET")
    with pytest.raises(HubUnavailable, match="HTTP 500"):
        ask()
    with pytest.raises(ModelNotFound, match="hf download org/name"):
        ask(local_files_only=True)
    assert files_of(ask()) == {name: MODEL[name] for name in WANTED}


KILLED = """
import sys
from isomorph.resolve import Request, resolve
resolve("org/name", Request(cache_folder=sys.argv[1], endpoint=sys.argv[2]))
"""


@pytest.mark.parametrize("after", [0, 1, 99_999])
def test_a_killed_download_leaves_nothing_that_is_used(ask, hub, tmp_path, after):
    hub.hold("model.safetensors", after)
    command = [sys.executable, "-c", KILLED, tmp_path / "hub", hub.url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        assert hub.held.wait(120)
        process.kill()
    with pytest.raises(ModelNotFound, match="hf download org/name"):
        ask(local_files_only=True)
    assert files_of(ask()) == {name: MODEL[name] for name in WANTED}


@pytest.fixture
def impatient(monkeypatch):
    """No waiting between the tries of huggingface_hub."""
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.mark.usefixtures("impatient")
def test_a_listing_that_the_hub_will_not_give(ask, hub):
    hub.fail("/tree/", 429, times=9)
    with pytest.raises(HubUnavailable, match="HTTP 429"):
        ask()


def test_a_full_disk_is_not_blamed_on_the_hub(ask, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(OSError, match="No space left") as caught:
        ask()
    assert caught.value.errno == errno.ENOSPC


def test_a_partial_cache_is_refused_offline_and_completed_online(ask):
    whole = ask()
    for name in ("modules.json", "1_Pooling/config.json"):
        (whole / name).unlink()
        with pytest.raises(ModelNotFound, match=rf"{name}.*hf download org/name"):
            ask(local_files_only=True)
        assert files_of(ask()) == {name: MODEL[name] for name in WANTED}


def test_a_truncated_file_is_refused_offline_and_fetched_again_online(ask):
    whole = ask()
    weights = whole / "model.safetensors"
    weights.write_bytes(b"cut")
    with pytest.raises(BadModel, match=r"model.safetensors.*--force-download"):
        ask(local_files_only=True)
    assert (ask() / "model.safetensors").read_bytes() == MODEL["model.safetensors"]


@pytest.fixture
def unlisted(hub, tmp_path):
    """A cache as other programs fill it: files only, no listing of the repository."""
    whole = resolve("org/name", Request(cache_folder=tmp_path / "first", endpoint=hub.url))
    # A copy, because huggingface_hub remembers the listings of the caches that it has seen.
    leave = shutil.ignore_patterns("trees")
    shutil.copytree(tmp_path / "first", tmp_path / "hub", symlinks=True, ignore=leave)
    return tmp_path / "hub" / whole.relative_to(tmp_path / "first")


OPTIONAL = {"README.md", "sentence_bert_config.json", "config_sentence_transformers.json"}


@pytest.mark.parametrize("name", sorted(WANTED - OPTIONAL))
def test_without_a_listing_what_files_refer_to_must_be_there(ask, unlisted, name):
    assert ask(local_files_only=True) == unlisted
    (unlisted / name).unlink()
    with pytest.raises(ModelNotFound, match=rf"{name} is not known to be there"):
        ask(local_files_only=True)


@pytest.mark.usefixtures("impatient")
def test_without_a_listing_a_partial_cache_is_not_used_when_the_hub_fails(ask, hub, unlisted):
    (unlisted / "model.safetensors").unlink()
    hub.fail("/tree/", 503, times=9)
    with pytest.raises(ModelNotFound, match="only a part"):
        ask()


def test_without_a_listing_an_absence_must_be_known(ask, unlisted, tmp_path):
    (unlisted / "modules.json").unlink()
    note = storage(tmp_path) / ".no_exist" / unlisted.name / "modules.json"
    note.parent.mkdir(parents=True)
    note.touch()
    assert ask(local_files_only=True) == unlisted


def test_without_a_listing_shards_must_be_there(ask, unlisted):
    (unlisted / "model.safetensors").unlink()
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (unlisted / "model.safetensors.index.json").write_text(json.dumps(index))
    (unlisted / "model-1.safetensors").touch()
    with pytest.raises(ModelNotFound, match=r"model-2.safetensors is not known"):
        ask(local_files_only=True)


def test_a_listing_that_leads_out_is_refused(ask, hub, tmp_path):
    hub.add("org/name", {**MODEL, "../../../out.json": b"{}"})
    with pytest.raises(BadModel, match="leads out"):
        ask()
    assert not list(tmp_path.rglob("out.json"))


def test_the_cache_folder_of_the_environment(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "home"))
    assert resolve("org/name", Request(endpoint=hub.url)).is_relative_to(tmp_path / "home")


def test_settings_alone_are_one_file(hub: HubServer, tmp_path: Path):
    asked = Request(cache_folder=tmp_path, endpoint=hub.url)
    folder = resolve("org/name", asked, settings_alone=True)
    assert {path.name for path in folder.iterdir()} == {"config.json"}
    hub.requests.clear()
    told = replace(asked, local_files_only=True)
    assert resolve("org/name", told, settings_alone=True) == folder
    assert resolve("org/name", replace(asked, revision=folder.name), settings_alone=True) == folder
    assert hub.requests == []
    with pytest.raises(ModelNotFound):  # a part of a model is never taken for the model
        resolve("org/name", told)
    assert (resolve("org/name", asked) / "model.safetensors").is_file()


def test_settings_that_a_repository_lacks_are_said(hub: HubServer, tmp_path: Path):
    hub.add("org/empty", {"README.md": b"nothing"})
    asked = Request(cache_folder=tmp_path, endpoint=hub.url)
    with pytest.raises(ModelNotFound, match=r"holds no config\.json"):
        resolve("org/empty", asked, settings_alone=True)
    with pytest.raises(ModelNotFound):
        resolve("org/other", replace(asked, local_files_only=True), settings_alone=True)
