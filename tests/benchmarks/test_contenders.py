import json
import subprocess
import sys

import pytest

from isomorph.errors import InputError
from isomorph_bench import entrants
from isomorph_bench.order import Order
from isomorph_bench.race import environments
from isomorph_bench.race.contenders import (
    Peer,
    content,
    entered,
    last_line,
    ours,
    read_peer,
    read_peers,
)

HEAD = """# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "fast==1.2"]
#
# [tool.race]
# prepared = true
# without = ["vision"]
# source = "other"
# ///
"""


@pytest.fixture
def peer(tmp_path):
    (tmp_path / "mine.py").write_text(HEAD)
    return read_peer(tmp_path / "mine.py", tmp_path / "environments")


def test_a_peer_is_read_from_the_head_of_its_file(peer, tmp_path):
    expected = Peer(
        "mine",
        ("torch", "fast==1.2"),
        ("vision",),
        True,
        "other",
        tmp_path / "environments",
        tmp_path,
    )
    assert peer == expected
    assert peer.environment == tmp_path / "environments" / "mine"


def test_files_without_a_head_are_no_peers(tmp_path):
    (tmp_path / "shared.py").write_text('"""Shared."""\n')
    (tmp_path / "mine.py").write_text(HEAD)
    assert list(read_peers(tmp_path)) == ["mine"]


def test_the_peers_of_the_repository_name_versions_and_known_sources():
    peers = read_peers()
    assert len(peers) >= 5
    for peer in peers.values():
        assert all("==" in one or one == "torch" for one in peer.dependencies)
        assert not peer.source or peers[peer.source].prepared


def test_a_missing_environment_is_named_and_what_makes_it(peer):
    other = Peer("other", ("x==1",), environments=peer.environments)
    found = entered(peer, "model", {"mine": peer, "other": other})
    assert "no environment of mine" in found.absent
    assert "isomorph bench peers mine" in found.absent


def installed(peer):
    peer.environment.mkdir(parents=True)
    peer.mark.write_text(peer.wanted)
    return peer


def test_a_missing_source_is_named(peer):
    other = Peer("other", ("x==1",), environments=peer.environments)
    found = entered(installed(peer), "model", {"mine": peer, "other": other})
    assert "no environment of other" in found.absent


def test_an_environment_of_other_versions_does_not_count(peer):
    installed(peer)
    assert peer.installed()
    newer = Peer("mine", ("torch", "fast==1.3"), peer.without, True, environments=peer.environments)
    assert not newer.installed()


def test_a_peer_that_is_not_prepared_starts_from_the_model_itself(tmp_path):
    plain = installed(Peer("plain", ("x==1",), environments=tmp_path))
    found = entered(plain, "model", {"plain": plain})
    assert found.arguments == {"model": "model"}
    assert not found.absent


def test_a_folder_that_cannot_be_made_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    model = tmp_path / "model"
    model.mkdir()
    failing = installed(Peer("failing", ("x==1",), prepared=True, environments=tmp_path))
    failing.python.parent.mkdir()
    failing.python.symlink_to(sys.executable)
    found = entered(failing, str(model), {"failing": failing})
    assert found.absent.startswith("failing made no folder: ModuleNotFoundError")
    assert not list(failing.environment.glob("model-*"))


def test_content_tells_folders_apart(tmp_path):
    (tmp_path / "a").write_text("1")
    first = content(tmp_path)
    (tmp_path / "a").write_text("2")
    second = content(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, content(tmp_path)}) == 3


def test_last_words():
    assert last_line("Traceback\n  at x\nValueError: no\n\n") == "ValueError: no"
    assert last_line("\n") == "without a word"


def test_ours_run_in_this_environment():
    (found,) = ours("model", ["some"])
    assert found.command[0] == sys.executable
    assert found.ours
    assert json.dumps(found.arguments)


def test_a_peer_that_nobody_knows_is_an_error():
    with pytest.raises(InputError, match="no peer 'slowest' for the task 'dense'; there are: "):
        entrants.peers_of(["slowest"], read_peers(), "dense")


def test_peers_are_named_by_their_files_or_by_the_library():
    known = read_peers()
    of_one = {peer.name for peer in entrants.peers_of(["sentence-transformers"], known, "dense")}
    assert of_one >= {"sentence_transformers_torch", "sentence_transformers_onnx"}
    assert "sentence_transformers_images" not in of_one
    assert {peer.name for peer in entrants.peers_of(["all"], known, "dense")} > of_one
    assert entrants.peers_of([], known, "dense") == []


def test_a_backend_that_nobody_knows_is_an_error():
    with pytest.raises(InputError, match="no backend 'slowest'; there are: "):
        entrants.backends_of(["slowest"])
    assert entrants.backends_of(["reference"]) == ["reference"]
    assert "reference" not in entrants.backends_of([])


def test_who_cannot_race_is_said_before_the_race(monkeypatch, peer, tmp_path):
    monkeypatch.setattr("isomorph_bench.race.contenders.read_peers", lambda: {"mine": peer})
    said = []
    order = Order("model", ("reference",), ("mine",))
    mine, theirs = entrants.entrants(order, tmp_path, "dense", said.append)
    assert (mine.name, theirs.name) == ("reference", "mine")
    assert said[-1].startswith("not raced: no environment of mine")


def test_ours_are_asked_for_their_device_and_weights():
    (found,) = ours("model", ["some"], "sparse", device="cuda", weights="int8")
    assert found.name == "some int8"
    assert found.asked == {"device": "cuda", "weights": "int8"}
    assert ours("model", ["some"])[0].asked == {"precision": "float32"}
    assert found.arguments["task"] == "sparse"


def test_every_environment_is_tried_and_failures_are_counted(monkeypatch, capsys, tmp_path):
    known = {name: Peer(name, ("x==1",), environments=tmp_path) for name in ("a", "b", "c")}
    monkeypatch.setattr(environments, "read_peers", lambda: known)
    monkeypatch.setattr(environments, "make", lambda one: "no network" * (one.name == "a"))
    assert environments.main([]) == 1
    assert capsys.readouterr().out.splitlines() == ["a: no network", "b: ready", "c: ready"]
    assert environments.main(["c"]) == 0
    assert capsys.readouterr().out.splitlines() == ["c: ready"]
    with pytest.raises(SystemExit, match="No peers are named d; there are a, b, c"):
        environments.main(["d"])


def test_torch_is_installed_first_and_held(peer, tmp_path):
    commands = []
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("torch==2.1 # why\nnumpy==1\n")

    def run(command):
        commands.append(list(command))
        peer.environment.mkdir(parents=True, exist_ok=True)

    assert environments.make(peer, constraints, run) == ""
    venv, torch, rest, out = commands
    assert venv[-1] == str(peer.environment)
    assert torch[-2:] == [str(peer.environment / "torch.txt"), "torch"]
    assert rest[-1] == "fast==1.2"
    assert "torch==2.1" in (peer.environment / "torch.txt").read_text()
    assert "numpy" not in (peer.environment / "torch.txt").read_text()
    assert out[-1] == "vision"
    assert peer.installed()
    assert environments.make(peer, constraints, run) == ""
    assert len(commands) == 4


def test_an_installation_that_fails_is_named_and_not_marked(peer, tmp_path):
    def run(command):
        raise subprocess.CalledProcessError(1, command, stderr="…\nERROR: no such version\n")

    said = environments.make(peer, tmp_path / "constraints.txt", run)
    assert said == "not installed: ERROR: no such version"
    assert not peer.installed()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("OSError: no file '/srv/me/models/a.onnx'", "OSError: no file '…/a.onnx'"),
        ("cannot open C:\\Users\\me\\a.onnx", "cannot open …/a.onnx"),
        ("no ~/models/mine/ here", "no …/mine here"),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
        ("3/4 of tests/a.py", "3/4 of tests/a.py"),
    ],
)  # fmt: skip
def test_a_reason_tells_no_folder_of_this_machine(said, kept):
    assert last_line(said) == kept
