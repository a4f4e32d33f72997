import sys
from pathlib import Path

import numpy as np
import pytest

from isomorph_bench.race.contenders import Contender
from isomorph_bench.race.process import Ended, running
from isomorph_bench.race.protocol import peak_bytes
from isomorph_bench.race.race import Race, turns, void_reason
from isomorph_bench.workloads.scenarios import Scenario

FAKE = (sys.executable, str(Path(__file__).parent / "fake_peer.py"))
SUITE = (
    Scenario("start", "start", 1, "short", 1),
    Scenario("one text", "calls", 2, "short", 3),
    Scenario("mixed", "pass", 2, "mixed", 4),
)


@pytest.fixture(autouse=True)
def _found_by_children(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "benchmarks" / "src"))


def fake(name, *, ours=False, **arguments):
    return Contender(name, FAKE, arguments, ours)


def run(*contenders, suite=SUITE):
    entries = Race(contenders, fake("reference"), lambda line: None).run(suite)
    return {entry.name: entry for entry in entries}


def voids(entry):
    return {name: timing.void for name, timing in entry.timings.items()}


def test_contenders_take_turns_and_turn_their_order():
    assert "".join(turns("abc", 3)) == "abcbcacab"
    assert list(turns([], 2)) == []


def test_every_call_of_every_round_is_kept():
    entry = run(fake("right", ours=True))["right"]
    assert voids(entry) == {"start": "", "one text": "", "mixed": ""}
    shapes = {name: [len(r) for r in timing.rounds] for name, timing in entry.timings.items()}
    assert shapes == {"start": [1], "one text": [3, 3], "mixed": [1, 1]}
    assert all(seconds > 0 for timing in entry.timings.values() for seconds in timing.by_round)
    assert entry.ours
    assert entry.report["engine"] == "fake 1.0"
    assert entry.report["peak"] > 1e6


def test_wrong_vectors_are_void_and_not_timed():
    found = run(fake("wrong", manner="wrong"), fake("right"))
    for timing in found["wrong"].timings.values():
        assert timing.void.startswith("differs from the reference by")
        assert timing.gap > 0
    assert found["wrong"].timings["mixed"].rounds == ()
    assert found["right"].counts("mixed")


def test_parity_is_judged_scenario_by_scenario():
    entry = run(fake("cuts", manner="cuts"))["cuts"]
    assert entry.counts("one text")
    assert not entry.counts("mixed")


def test_one_that_crashes_is_named_with_its_last_words_and_the_others_go_on():
    crash_at = SUITE[2].texts()[-1]
    found = run(fake("crashing", crash_at=crash_at), fake("right"))
    assert voids(found["crashing"]) == {
        "start": "", "one text": "", "mixed": "ended with 7: out of luck",
    }  # fmt: skip
    assert found["crashing"].report["engine"] == "fake 1.0"
    assert set(voids(found["right"]).values()) == {""}


def test_one_that_does_not_load_is_named_in_every_scenario():
    entry = run(fake("unloadable", manner="unloadable"))["unloadable"]
    assert set(voids(entry).values()) == {"ended with 1: ValueError: there is no such model"}


def test_one_without_an_environment_is_named_in_every_scenario():
    absent = Contender("missing", ("nowhere",), {}, absent="no environment of missing")
    found = run(absent, fake("right"))
    assert set(voids(found["missing"]).values()) == {"no environment of missing"}
    assert found["right"].counts("mixed")


def test_one_whose_program_is_gone_is_named():
    found = run(Contender("gone", ("nowhere/python",), {}), fake("right"))
    assert all(void.startswith("did not start: ") for void in voids(found["gone"]).values())
    assert found["right"].counts("mixed")


def test_without_a_reference_there_is_no_race():
    with pytest.raises(Ended, match="no such model"):
        Race([fake("right")], fake("reference", manner="unloadable"), lambda line: None).run(SUITE)


def test_an_order_that_hangs_is_given_up():
    with (
        running(fake("hanging", manner="hangs"), patience=1.0) as process,
        pytest.raises(Ended, match="gave no answer in 1 s"),
    ):
        process.vectors(["text"])


def test_vectors_travel_unchanged():
    with running(fake("right")) as process:
        in_one_call = process.vectors(["one", "three"])
        one_a_call = process.vectors(["one", "three"], "each")
    np.testing.assert_array_equal(in_one_call, [[3, 1, 1], [5, 1, 2]])
    np.testing.assert_array_equal(one_a_call, in_one_call)


RIGHT = np.full((4, 2), 2.0, np.float32)


@pytest.mark.parametrize(
    ("gap", "native", "said"),
    [
        (1e-6, 3, ""),
        (0.5, 3, "differs from the reference by 2.5e-01, in 1 of 4 texts"),
        (float("nan"), 3, "differs from the reference by inf, in 1 of 4 texts"),
        (1e-6, 2, "ran 2 of 3 modules"),
    ],
)
def test_other_numbers_and_fallbacks_are_void(gap, native, said):
    found = RIGHT.copy()
    found[2, 1] += gap
    assert void_reason(found, RIGHT, {"native": native, "modules": 3}) == said


def test_vectors_of_another_shape_are_void():
    said = void_reason(RIGHT[:3], RIGHT, {})
    assert said == "differs from the reference by inf, [3, 2] for [4, 2]"


def test_what_a_peer_does_not_tell_is_not_held_against_it():
    assert void_reason(RIGHT, RIGHT, {"engine": "theirs"}) == ""


def test_the_peak_is_the_programs_own_and_not_its_parents(tmp_path):
    status = tmp_path / "status"
    status.write_text("VmPeak:\t 900 kB\nVmHWM:\t 12 kB\n")
    assert peak_bytes(str(status)) == 12 * 1024
    assert peak_bytes(str(tmp_path / "none")) > 1e6
