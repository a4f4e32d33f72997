import json
import subprocess
import sys
import time
from importlib import metadata

import pytest

from isomorph.cli import measure
from isomorph.cli.demo import neighbours
from isomorph.evaluation.sentences import SENTENCES, mixed_texts
from isomorph.plugins import discovery as plugins


def test_demo_measures_compares_and_finds_neighbours(isomorph, tiny, install):
    install()
    done = isomorph("demo", "--model", tiny, "--texts", "3")
    assert done.exit_code == 0, done.output
    assert "reference" in done.stdout
    assert "2/2" in done.stdout
    assert SENTENCES[0] in done.stdout


def test_a_backend_that_fails_is_said_and_fails_the_command(isomorph, tiny, install):
    install(metadata.EntryPoint("broken", "isomorph.no_such_module", plugins.GROUP))
    done = isomorph("demo", "--model", tiny, "--texts", "1")
    assert done.exit_code == 1
    assert "broken did not run" in done.stderr
    assert "2/2" in done.stdout


def test_a_process_prints_one_line(tiny):
    request = {"model": str(tiny), "backend": "reference", "started": time.time()}
    request |= {"sentences": ["the cat"], "texts": ["a mat"], "repeats": 1}
    command = [sys.executable, "-m", "isomorph.cli.measure", json.dumps(request)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert answer["backend"] == "reference"
    assert len(answer["vectors"][0]) == 16
    assert answer["first_vector_ms"] > 0


def test_throughput_is_the_median_pass():
    clock = iter([0.0, 1.0, 10.0, 14.0, 20.0, 22.0]).__next__
    assert measure.throughput(len, ["a"] * 8, 3, clock) == 4.0
    assert measure.throughput(len, [], 3) == 0.0


def test_loaded_engines_leave_core_s_own_packages_out(monkeypatch):
    from isomorph.contract import BackendInfo

    infos = (
        BackendInfo("base", "", requires=("numpy",), fallback=True),
        BackendInfo("one", "", requires=("engine", "numpy")),
        BackendInfo("two", "", requires=("other",)),
    )
    monkeypatch.setattr(plugins, "installed", lambda: plugins.Plugins(None, infos))
    assert measure.loaded_engines(["engine", "numpy", "json"]) == ("engine",)


def test_neighbours_are_others_of_the_same_direction():
    found = neighbours([[1.0, 0.0], [0.0, 2.0], [3.0, 0.1]])
    assert [(row, other) for row, other, _ in found] == [(0, 2), (1, 2), (2, 0)]
    assert found[0][2] == pytest.approx(1.0, abs=1e-3)


def test_texts_are_mixed_and_the_same_every_time():
    texts = mixed_texts(400)
    assert texts == mixed_texts(400)
    assert len(set(texts)) > 100
    assert max(map(len, texts)) > 5 * min(map(len, texts))
