"""A Hub that names files elsewhere, or asks to wait a day, is refused before anything acts on it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hub_models import MODEL, WANTED, files_of
from hub_server import HubServer

from isomorph.errors import BadModel, HubUnavailable
from isomorph.resolve import Request, resolve
from isomorph.resolve.answers import LONGEST_WAIT, judge, judged


@pytest.fixture
def ask(hub: HubServer, tmp_path: Path):
    def ask(name: str = "org/name", **options) -> Path:
        request = Request(cache_folder=tmp_path / "deep/er/hub", endpoint=hub.url, **options)
        return resolve(name, request)

    return ask


@pytest.fixture
def refused(ask, tmp_path):
    """Checks that the model is refused, and that nothing lies outside of the cache or of its places."""

    def check(match: str) -> None:
        with pytest.raises(BadModel, match=match):
            ask()
        assert _names(tmp_path) <= {"deep"}
        assert _names(tmp_path / "deep/er") <= {"hub"}
        assert _names(tmp_path / "deep/er/hub") <= {"models--org--name", ".locks", "CACHEDIR.TAG"}
        places = _names(tmp_path / "deep/er/hub/models--org--name")
        assert places <= {"blobs", "snapshots", "refs", "trees"}

    return check


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


@pytest.fixture
def never_waits(monkeypatch):
    """Fails where anything waits longer than for a lock."""

    def sleep(seconds):
        assert seconds < 1, f"waited {seconds} seconds"

    monkeypatch.setattr("time.sleep", sleep)


NAMES = [
    '"../../../outside"',
    'W/"../../../outside"',
    '"/tmp/outside"',
    '"..\\\\..\\\\outside"',
    '"C:outside"',
    '"a/b"',
    '".."',
    '""',
    f'"{"a" * 300}"',
]


@pytest.mark.parametrize("value", NAMES)
@pytest.mark.parametrize("header", ["ETag", "X_Linked_Etag"])
def test_an_etag_that_leads_elsewhere(refused, hub, header, value):
    headers = {"X_Repo_Commit": hub.repos["org/name"].refs["main"], header: value}
    hub.fail("/resolve/.*/config.json", 200, "HEAD", times=99, **headers)
    refused("with the ETag")


def test_an_etag_that_leads_elsewhere_after_good_ones(refused, hub):
    headers = {"X_Repo_Commit": hub.repos["org/name"].refs["main"], "ETag": NAMES[0]}
    hub.fail("/resolve/.*/tokenizer.json", 503, "HEAD", times=1)
    hub.fail("/resolve/.*/tokenizer.json", 200, "HEAD", times=99, **headers)
    refused("with the ETag")


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("commit", ["../../../outside", "/tmp/outside", "main", ""])
def test_a_commit_that_leads_elsewhere(refused, hub, commit, status):
    headers = {"X_Repo_Commit": commit, "ETag": '"0011"', "X_Error_Code": "EntryNotFound"}
    hub.fail("/resolve/.*/config.json", status, "HEAD", times=99, **headers)
    refused("with the commit" if commit else "commit|not known to be there")


@pytest.mark.parametrize("digest", ["../../../outside", "/tmp/outside", "..", 5])
def test_a_listing_whose_checksums_lead_elsewhere(refused, hub, monkeypatch, digest):
    """Hub libraries name contents by them without asking for the file's own metadata."""
    tree = HubServer.handler._tree

    def hostile(*arguments):
        entries = tree(*arguments)
        for entry in entries:
            if "lfs" in entry:
                entry["lfs"]["oid"] = digest
        return entries

    monkeypatch.setattr(HubServer.handler, "_tree", staticmethod(hostile))
    refused("with the checksum")


@pytest.mark.parametrize(
    "name",
    ["../../../outside.json", "/tmp/outside.json", "a/../../../../outside.json", "..\\..\\outside.json",
     "C:/outside.json", "a/C:outside.json", "\\\\host\\share\\outside.json", "out\0side.json"],
)  # fmt: skip
def test_names_of_files_that_lead_elsewhere(refused, hub, name):
    (hub.repos["org/name"].commits[hub.repos["org/name"].refs["main"]])[name] = b"{}"
    refused("leads out")


@pytest.mark.parametrize(
    "name", ["nul.json", "a./b.json", "a" * 260 + ".json", "a?.json", "d/" * 50 + "a.json"]
)
def test_names_of_files_that_some_system_cannot_keep(refused, hub, name):
    (hub.repos["org/name"].commits[hub.repos["org/name"].refs["main"]])[name] = b"{}"
    refused("The repository lists a file")


def test_odd_names_of_files_that_are_not_of_the_model_do_not_matter(ask, hub):
    hub.add("org/name", {**MODEL, "what is it?.png": b"", "ab:c.gif": b""})
    assert set(files_of(ask())) == WANTED


@pytest.mark.parametrize("sha", ["../../../outside", "main", "", None, 5, "A" * 40])
def test_a_model_at_a_commit_that_is_none(refused, hub, monkeypatch, sha):
    info = HubServer.handler._info
    hostile = staticmethod(lambda *arguments: {**info(*arguments), "sha": sha})
    monkeypatch.setattr(HubServer.handler, "_info", hostile)
    refused("which is none")


def test_a_cached_listing_whose_checksums_lead_elsewhere(ask, hub, tmp_path):
    whole = ask()
    listing = whole.parent.parent / f"trees/{whole.name}.json"
    content = json.loads(listing.read_text())
    content["files"]["model.safetensors"]["lfs_sha256"] = "../../../outside"
    listing.write_text(json.dumps(content))
    (whole / "model.safetensors").unlink()
    with pytest.raises(BadModel, match="leads out of the cache; refused"):
        ask()


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("place", [".", "1_Pooling"])
def test_nothing_is_written_through_a_link_in_the_cache(ask, hub, tmp_path, place, listed):
    whole, mine = ask(), tmp_path / "mine"
    mine.mkdir()
    storage = whole.parent.parent
    for name in sorted(WANTED):
        (whole / name).unlink()
    if not listed:
        (storage / "trees").rename(storage / "away")
    link = whole / place if place != "." else whole
    (whole / "1_Pooling").rmdir()
    if place == ".":
        whole.rmdir()
    link.symlink_to(mine, target_is_directory=True)
    with pytest.raises(BadModel, match="outside of"):
        ask()
    assert not list(mine.iterdir())


def test_mirrors_may_have_etags_of_their_own(ask, hub):
    content = MODEL["config.json"]
    headers = {"X_Linked_Etag": 'W/"md5-3_a+b="', "X_Linked_Size": str(len(content))}
    commit = hub.repos["org/name"].refs["main"]
    hub.fail("/resolve/[^/]*/config.json", 200, "HEAD", X_Repo_Commit=commit, **headers)
    assert (ask() / "config.json").read_bytes() == content


# -- waits ----------------------------------------------------------------------------------------

DAY = {"Retry_After": "86400"}
WINDOW = {"RateLimit": '"api";r=0;t=86400'}
ENDLESS = {"Retry_After": "9" * 400}


@pytest.mark.usefixtures("never_waits")
@pytest.mark.parametrize("headers", [DAY, WINDOW, ENDLESS])
@pytest.mark.parametrize("path", ["/tree/", "/api/models/org/name", "/cdn/"])
@pytest.mark.parametrize("status", [429, 503])
def test_nobody_waits_a_day(ask, hub, path, headers, status):
    hub.fail(path, status, times=99, **headers)
    with pytest.raises(HubUnavailable, match=rf"wait \d+ seconds .* at most {LONGEST_WAIT} are"):
        ask()


@pytest.mark.usefixtures("never_waits")
def test_what_is_cached_is_used_instead_of_waiting(ask, hub, caplog):
    whole = ask()
    hub.fail("/api/models/", 429, times=99, **DAY)
    assert ask() == whole
    assert "asks to wait 86400 seconds" in caplog.text


def test_a_short_wait_is_waited(ask, hub, monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    hub.fail("/tree/", 429, Retry_After="30")
    assert set(files_of(ask())) == WANTED
    assert [seconds for seconds in waited if seconds >= 30] == [31.0]


@pytest.mark.parametrize("when", ["Wed, 21 Oct 2015 07:28:00 GMT", "soon", "-5", "1e9", ""])
def test_a_wait_in_other_words_is_told_as_it_is(ask, hub, when):
    hub.fail("/api/models/", 429, Retry_After=when)
    with pytest.raises(HubUnavailable, match=f"after '{when}'" if when else "later"):
        ask()


# -- the hook -------------------------------------------------------------------------------------


def judges() -> int:
    from huggingface_hub.utils import get_session

    return get_session().event_hooks["response"].count(judge)


def test_answers_are_judged_only_meanwhile(hub):
    assert judges() == 0
    with judged():
        assert judges() == 1
        with judged():
            assert judges() == 1
        assert judges() == 1
    assert judges() == 0


def test_a_client_that_the_library_makes_anew_is_judged_too(hub):
    """It does so after a failed connection, and a hostile Hub can make one fail."""
    from huggingface_hub import close_session

    with judged():
        close_session()
        assert judges() == 1
        close_session()
        assert judges() == 1
    assert judges() == 0
    close_session()
    assert judges() == 0


def test_threads_share_one_judge(hub):
    started, release, seen = threading.Barrier(3), threading.Event(), []

    def load() -> None:
        with judged():
            started.wait(120)
            release.wait(120)
            seen.append(judges())

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    started.wait(120)
    assert judges() == 1
    release.set()
    for thread in threads:
        thread.join(120)
    assert seen == [1, 1]
    assert judges() == 0


def test_an_error_takes_the_judge_away_too(ask, hub):
    hub.fail("/api/models/", 403)
    with pytest.raises(PermissionError):
        ask()
    assert judges() == 0


def test_a_library_whose_client_has_no_hooks_is_asked_beforehand(refused, hub, monkeypatch):
    """So it is before version 1.0 of huggingface_hub."""
    monkeypatch.setattr("huggingface_hub.utils.get_session", object)
    headers = {"X_Repo_Commit": hub.repos["org/name"].refs["main"], "ETag": NAMES[0]}
    hub.fail("/resolve/.*/config.json", 200, "HEAD", **headers)
    refused("with the ETag")
    asked = (method for method, path in hub.requests if path.endswith("config.json"))
    assert next(asked) == "HEAD"
    assert not any("/tree/" in path for _, path in hub.requests)
