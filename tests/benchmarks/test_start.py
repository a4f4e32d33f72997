from pathlib import Path

import pytest

from isomorph.testing.models import write
from isomorph_bench.probes import start, threads


@pytest.fixture
def tiny(tmp_path) -> Path:
    return write("bert", tmp_path / "model")


def test_phases_are_all_of_a_process(tiny):
    found = start.phases(tiny, "reference")
    assert list(found) == [*start.PHASES, "end of the process"]
    assert all(seconds > 0 for seconds in found.values())
    table = start.profile_lines({"a": [found], "b": [found, found]})
    assert len(table) == len(start.PHASES) + 2
    assert table[2].split() == ["numpy", *[f"{found['numpy'] * 1000:.1f}"] * 2]


def test_the_first_vector_is_there_before_the_process_ends(tiny):
    found = start.measure(tiny, "reference")
    assert 0 < found.first < found.seconds
    assert found.peak > start.weight_bytes(tiny) > 0


def test_kept_models_have_room_of_their_own(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ISOMORPH_COMPILED", "1GB")
    start.measure(tiny, "onnx")
    assert not (tmp_path / "cache").exists()
    start.measure(tiny, f"onnx{start.KEPT}")
    assert list((tmp_path / "cache" / "compiled").iterdir())


def test_the_first_round_only_warms_up():
    calls = []
    found = start.rounds(lambda name: calls.append(name) or len(calls), ["a", "b"], 1)
    assert calls == ["a", "b", "b", "a"]
    assert found == {"a": [4], "b": [3]}


def test_threads_are_judged_by_medians_of_ratios():
    rounds = [threads.Round(1, 2, 1), threads.Round(2, 2, 4), threads.Round(3, 3, 4)]
    row = threads.lines({"a": rounds}, count=10, threads=8)[1].split()
    assert row == ["a", "5.0", "0.750", "1.000", "0.750"]


def test_threads_of_a_real_model(tiny):
    found = threads.measure(str(tiny), ["reference"], ["a", "b", "c"], threads=2, repeats=1)
    (one,) = found["reference"]
    assert min(one.whole, one.row, one.at_once) > 0
