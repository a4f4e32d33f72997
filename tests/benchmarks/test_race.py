import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from isomorph_bench.machine.energy import meter
from isomorph_bench.race.contenders import Contender
from isomorph_bench.race.process import Ended, running
from isomorph_bench.race.protocol import peak_bytes
from isomorph_bench.race.race import Race
from isomorph_bench.race.turns import turns
from isomorph_bench.workloads.sources import Sources
from isomorph_bench.workloads.workload import Workload

FAKE = (sys.executable, str(Path(__file__).parent / "fake_peer.py"))
SUITE = [
    (one, Sources().take(one.source, one.count))
    for one in (
        Workload("start", "start", 1, "short", 1),
        Workload("one", "calls", 2, "short", 3),
        Workload("mixed", "pass", 2, "mixed", 4),
    )
]


@pytest.fixture(autouse=True)
def _found_by_children(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "benchmarks" / "src"))


def fake(name, *, ours=False, asked=(), **arguments):
    return Contender(name, FAKE, arguments, ours, asked=dict(asked))


def run(*contenders, suite=SUITE, **how):
    rows = Race(contenders, fake("reference"), lambda line: None, **how).run(suite)
    return {
        name: {row.workload: row for row in rows if row.contender == name}
        for name in {row.contender for row in rows}
    }


def voids(rows):
    return {name: row.void for name, row in rows.items()}


def test_contenders_take_turns_and_turn_their_order():
    assert "".join(turns("abc", 3)) == "abcbcacab"
    assert list(turns([], 2)) == []


def test_every_call_of_every_round_is_kept():
    rows = run(fake("right", ours=True))["right"]
    assert voids(rows) == {"start": "", "one": "", "mixed": ""}
    shapes = {name: [len(calls) for calls in row.rounds] for name, row in rows.items()}
    assert shapes == {"start": [1], "one": [3, 3], "mixed": [1, 1]}
    assert all(seconds > 0 for row in rows.values() for seconds in row.by_round)
    assert rows["mixed"].ours
    assert rows["mixed"].report["engine"] == "fake 1.0"
    assert rows["mixed"].report["peak"] > 1e6
    assert len(rows["mixed"].resident) == 2
    assert rows["mixed"].cosine == pytest.approx(1.0)


def test_wrong_vectors_are_void_and_not_timed():
    found = run(fake("wrong", manner="wrong"), fake("right"))
    for row in found["wrong"].values():
        assert row.void.startswith("differs from the reference by")
        assert row.gap > 0
    assert found["wrong"]["mixed"].rounds == ()
    assert found["right"]["mixed"].counts


@pytest.mark.parametrize("manner", ["elsewhere", "later"])
def test_a_planted_fallback_voids_its_rows(manner):
    """``"later"`` tells it only after it was timed."""
    rows = run(fake("falls", manner=manner), fake("right"))
    assert rows["falls"]["mixed"].void == "ran 1 of 2 modules"
    assert not rows["falls"]["mixed"].counts
    assert rows["right"]["mixed"].counts


def test_one_that_ran_on_the_processor_in_place_of_a_gpu_is_void():
    found = run(fake("falls", asked={"device": "cuda"}))["falls"]
    assert set(voids(found).values()) == {"ran on cpu in place of cuda"}


def test_parity_is_judged_workload_by_workload():
    rows = run(fake("cuts", manner="cuts"))["cuts"]
    assert rows["one"].counts
    assert not rows["mixed"].counts


def test_one_that_crashes_is_named_with_its_last_words_and_the_others_go_on():
    crash_at = SUITE[2][1][-1]
    found = run(fake("crashing", crash_at=crash_at), fake("right"))
    assert voids(found["crashing"]) == {
        "start": "", "one": "", "mixed": "ended with 7: out of luck",
    }  # fmt: skip
    assert found["crashing"]["one"].report["engine"] == "fake 1.0"
    assert set(voids(found["right"]).values()) == {""}


def test_one_that_does_not_load_is_named_in_every_workload():
    rows = run(fake("unloadable", manner="unloadable"))["unloadable"]
    assert set(voids(rows).values()) == {"ended with 1: ValueError: there is no such model"}


def test_one_without_an_environment_is_named_in_every_workload():
    absent = Contender("missing", ("nowhere",), {}, absent="no environment of missing")
    found = run(absent, fake("right"))
    assert set(voids(found["missing"]).values()) == {"no environment of missing"}
    assert found["right"]["mixed"].counts


def test_one_whose_program_is_gone_is_named():
    found = run(Contender("gone", ("nowhere/python",), {}), fake("right"))
    assert all(void.startswith("did not start: ") for void in voids(found["gone"]).values())
    assert found["right"]["mixed"].counts


def test_callers_at_once_and_a_soak_are_told_call_by_call_and_pass_by_pass():
    suite = [
        (Workload("callers", "callers", 2, "short", 6, callers=3), SUITE[1][1]),
        (Workload("soak", "soak", 1, "short", 3, seconds=0.05), SUITE[1][1]),
    ]
    rows = run(fake("right"), suite=suite)["right"]
    assert [len(calls) for calls in rows["callers"].rounds] == [3, 3]
    (passes,) = rows["soak"].rounds
    assert len(rows["soak"].resident) == len(passes) >= 1
    assert all(size > 1e6 for _, size in rows["soak"].resident)


def test_the_energy_of_each_round_is_kept_where_it_can_be_read(tmp_path):
    package = tmp_path / "intel-rapl:0"
    package.mkdir()
    (package / "energy_uj").write_text("7000000\n")
    (package / "max_energy_range_uj").write_text("262143328850\n")
    rows = run(fake("right"), meter=meter(tmp_path))["right"]
    assert rows["mixed"].joules == (0.0, 0.0)
    assert run(fake("right"))["right"]["mixed"].joules == ()


def test_what_each_makes_of_pairs_is_asked_beside_the_race():
    absent = Contender("missing", ("nowhere",), {}, absent="no environment of missing")
    race = Race([fake("right"), absent], fake("reference"), lambda line: None)
    ((name, rows),) = race.rows_of(["one", "three"])
    assert name == "right"
    np.testing.assert_array_equal(rows, [[3, 1, 1], [5, 1, 2]])


def test_without_the_reference_a_workload_does_not_count_and_the_others_do():
    crash_at = SUITE[1][1][-1]
    race = Race([fake("right")], fake("reference", crash_at=crash_at), lambda line: None)
    start, one, mixed = race.run(SUITE)
    assert one.void == "cannot be judged: the reference ended with 7: out of luck"
    assert start.counts
    assert mixed.counts


def test_an_interrupt_ends_the_race_and_what_was_measured_stays():
    said = []

    def say(line):
        said.append(line)
        if line.startswith("mixed: 2 rounds"):
            raise KeyboardInterrupt

    race = Race([fake("right")], fake("reference"), say)
    start, one, mixed = race.run([*SUITE, (Workload("never", "pass", 1, "short", 1), ["a"])])
    assert race.stopped == "interrupted"
    assert start.counts
    assert one.counts
    assert mixed.void == "interrupted"
    assert all(process._child.poll() is not None for process in race._live.values())


def test_an_order_that_hangs_is_given_up():
    with (
        running(fake("hanging", manner="hangs"), patience=1.0) as process,
        pytest.raises(Ended, match="gave no answer in 1 s"),
    ):
        process.rows(["text"])


class Interrupted:
    """A stream on which an interrupt comes while a line is awaited."""

    def readline(self):
        raise KeyboardInterrupt


def test_an_interrupt_while_an_answer_is_awaited_leaves_no_watch():
    """Python would wait at its end for as long as an answer may take."""
    with running(fake("right")) as process:
        stream, process._child.stdout = process._child.stdout, Interrupted()
        with pytest.raises(KeyboardInterrupt):
            process.rows(["text"])
        process._child.stdout = stream
    for watch in threading.enumerate():
        if isinstance(watch, threading.Timer):
            watch.join(60)
            assert not watch.is_alive()


def test_vectors_travel_unchanged():
    with running(fake("right")) as process:
        in_one_call = process.rows(["one", "three"])
        one_a_call = process.rows(["one", "three"], "each")
    np.testing.assert_array_equal(in_one_call, [[3, 1, 1], [5, 1, 2]])
    np.testing.assert_array_equal(one_a_call, in_one_call)


def test_the_peak_is_the_programs_own_and_not_its_parents(tmp_path):
    status = tmp_path / "status"
    status.write_text("VmPeak:\t 900 kB\nVmHWM:\t 12 kB\n")
    assert peak_bytes(str(status)) == 12 * 1024
    assert peak_bytes(str(tmp_path / "none")) > 1e6
