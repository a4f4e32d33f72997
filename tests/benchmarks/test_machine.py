import pytest

from benchmarks import machine


def test_copies_are_timed_by_the_given_clock(monkeypatch):
    ticks = iter(range(100))
    assert machine.copy_rate(lambda: next(ticks)) == pytest.approx(0.268, abs=0.001)


def test_the_processor_is_named(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Fast One 3000\n")
    assert machine.cpu_model(cpuinfo) == "Fast One 3000"
    assert machine.cpu_model(tmp_path / "none")
