import io
import os
import subprocess

import pytest

from isomorph_bench.machine import energy, facts, limits, roofline
from isomorph_bench.records.row import Row


def test_copies_are_timed_by_the_given_clock(monkeypatch):
    ticks = iter(range(100))
    assert limits.copy_rate(lambda: next(ticks)) == pytest.approx(0.268, abs=0.001)


def test_the_processor_and_its_instructions_are_named(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Fast One 3000\nflags\t\t: fpu avx2 avx512_vnni sse\n")
    assert facts.cpu_model(cpuinfo) == "Fast One 3000"
    assert facts.instructions(cpuinfo) == ["avx2", "avx512_vnni"]
    assert facts.cpu_model(tmp_path / "none")
    assert facts.instructions(tmp_path / "none") == []


def test_a_record_tells_the_machine_and_the_versions():
    found = facts.facts()
    assert 1 <= found["cpus"] <= found["cores"]
    assert found["memory"] > 1e8
    assert facts.versions()["numpy"]


def test_a_machine_that_gave_less_at_one_end_is_busy():
    assert not limits.Limits(100.0, 95.0, 1.0, 1.0).busy
    assert limits.Limits(100.0, 60.0, 1.0, 1.0).busy


def counters(folder, name, energy, largest=1000):
    package = folder / name
    package.mkdir(exist_ok=True)
    (package / "energy_uj").write_text(f"{energy}\n")
    (package / "max_energy_range_uj").write_text(f"{largest}\n")


def test_energy_is_that_of_all_packages_and_counters_may_begin_again(tmp_path):
    counters(tmp_path, "intel-rapl:0", 100)
    counters(tmp_path, "intel-rapl:1", 900)
    (tmp_path / "intel-rapl:0:0").mkdir()  # a part of a package, which would count twice
    found = energy.meter(tmp_path)
    before = found.read()
    counters(tmp_path, "intel-rapl:0", 400)
    counters(tmp_path, "intel-rapl:1", 100)
    assert before == (100, 900)
    assert found.joules(before) == pytest.approx((300 + 200) / 1e6)


def test_why_energy_cannot_be_read_is_said(tmp_path):
    assert "no counters" in energy.meter(tmp_path).why
    (tmp_path / "intel-rapl:0").mkdir()
    assert "administrator" in energy.meter(tmp_path).why
    assert energy.meter(tmp_path).joules(()) == 0.0


WORKLOAD = {"kind": "pass", "items": 100, "flops": 2e11, "weight_bytes": 4e7}
MACHINE = {"limits": {"sgemm_gflops": 100.0, "read_gbytes": 20.0}}


def row(seconds, device="cpu", **more):
    return Row("one", "mixed", rounds=((seconds,),), report={"device": device}, **more)


def test_a_share_is_of_arithmetic_and_for_single_texts_of_memory_too():
    assert roofline.share(row(4.0), WORKLOAD, MACHINE) == roofline.Share(5e10, 0.5, None)
    calls = roofline.share(row(0.004), {**WORKLOAD, "kind": "calls"}, MACHINE)
    assert calls.arithmetic == pytest.approx(5.0)
    assert calls.memory == pytest.approx(0.5)
    callers = {**WORKLOAD, "kind": "callers", "callers": 8}
    assert roofline.items_per_second(row(0.5), callers) == 16.0


def test_an_accelerator_has_no_share_and_what_is_not_counted_none():
    assert roofline.share(row(4.0, "cuda:0"), WORKLOAD, MACHINE) == roofline.Share(5e10)
    assert roofline.share(row(4.0), {"kind": "pass", "items": 3}, MACHINE) is None
    assert roofline.share(row(4.0, void="differs"), WORKLOAD, MACHINE) is None


@pytest.mark.parametrize(
    ("work", "done"), [("multiply", 2 * limits.SIDE**3), ("read", limits.READ)]
)
def test_rates_are_what_was_done_in_the_time_that_it_took(work, done, monkeypatch):
    """Ticks of a second: one before, one a look at the clock."""
    monkeypatch.setattr("sys.stdin", io.StringIO("go\n"))
    ticks = iter(range(100))
    measured = getattr(limits, work)(3, lambda: next(ticks))
    assert measured == pytest.approx(2 * done / 4 / 1e9)


def test_an_interrupt_is_the_parents_alone_and_leaves_no_child(monkeypatch):
    children = []

    class Out(io.TextIOWrapper):
        def readline(self, size=-1):
            raise KeyboardInterrupt

    class Child(subprocess.Popen):
        def __init__(self, *places, **named):
            super().__init__(*places, **named)
            self.stdout = Out(self.stdout.detach())
            children.append((self, os.getsid(self.pid)))

    monkeypatch.setattr(limits.subprocess, "Popen", Child)
    with pytest.raises(KeyboardInterrupt):
        limits.side_by_side("multiply", 2)
    assert len(children) == 2
    assert all(session != os.getsid(0) for _, session in children)
    assert all(child.returncode is not None for child, _ in children)
