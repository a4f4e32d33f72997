"""What the runner of programs of others says, without any of them."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parents[1] / "clients"


@pytest.fixture
def clients(monkeypatch):
    monkeypatch.syspath_prepend(CLIENTS)
    yield import_module
    for name in ("run", "environments"):
        sys.modules.pop(name, None)


def test_an_index_out_of_reach_is_told_and_no_program_counts_as_passed(
    clients, monkeypatch, capsys
):
    run = clients("run")

    def away(programs):
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(run, "together", away)
    monkeypatch.setattr(run, "_row", None)
    asked = ["run.py", "--together", "--backend", "onnx", "joblib_map"]
    for more, code in (([], 1), (["--index-may-be-away"], 0)):
        monkeypatch.setattr(sys, "argv", [*asked, *more])
        assert run.main() == code
        told = capsys.readouterr()
        assert "NOT RUN" in told.err
        assert not told.out


def test_one_environment_is_made_once_and_pinned(clients, monkeypatch, tmp_path):
    environments = clients("environments")
    asked = []
    monkeypatch.setattr(environments, "HOME", tmp_path)
    monkeypatch.setattr(
        environments, "_made", lambda home: environments._site_packages(home).mkdir(parents=True)
    )
    monkeypatch.setattr(environments, "_install", lambda home, *what: asked.append(what))
    programs = [CLIENTS / f"programs/{name}.py" for name in ("joblib_map", "keybert_words")]
    assert environments.together(programs) == environments.together(programs)
    (once,) = asked
    assert {environments.REFERENCE, "joblib==1.6.0", "keybert==0.9.0"} <= set(once)
    assert CLIENTS / "together.txt" in once
    environments.together(programs[:1])
    assert len(asked) == 2


def test_an_environment_that_pip_could_not_make_is_made_anew(clients, monkeypatch, tmp_path):
    environments = clients("environments")
    calls = []

    def away(home, *what):
        calls.append(what)
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(environments, "HOME", tmp_path)
    monkeypatch.setattr(
        environments, "_made", lambda home: environments._site_packages(home).mkdir(parents=True)
    )
    monkeypatch.setattr(environments, "_install", away)
    for _ in range(2):
        with pytest.raises(subprocess.CalledProcessError):
            environments.together([CLIENTS / "programs/joblib_map.py"])
    assert len(calls) == 2


def test_answers_differ_by_a_number_a_name_or_their_length(clients):
    difference = clients("run")._difference
    assert not difference({"a": [1.0, "x"]}, {"a": [1.00001, "x"]})
    assert "1.1 here" in difference([1.0], [1.1])
    assert "'y' here" in difference(["x"], ["y"])
    assert "1 values there, 2 here" in difference([1.0], [1.0, 2.0])
    assert "'b' here" in difference({"a": 1.0}, {"b": 1.0})


def test_every_smoke_program_pins_what_it_needs(clients):
    environments = clients("environments")
    for program in (CLIENTS / "programs").glob("*.py"):
        assert environments.version_of(program), program
    pins = (CLIENTS / "together.txt").read_text().splitlines()
    assert all("==" in line for line in pins if not line.startswith("#"))
