import io

import pytest

from isomorph_bench.machine import limits


def test_copies_are_timed_by_the_given_clock(monkeypatch):
    ticks = iter(range(100))
    assert limits.copy_rate(lambda: next(ticks)) == pytest.approx(0.268, abs=0.001)


def test_the_processor_is_named(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Fast One 3000\n")
    assert limits.cpu_model(cpuinfo) == "Fast One 3000"
    assert limits.cpu_model(tmp_path / "none")


@pytest.mark.parametrize(
    ("work", "done"), [("multiply", 2 * limits.SIDE**3), ("read", limits.READ)]
)
def test_rates_are_what_was_done_in_the_time_that_it_took(work, done, monkeypatch):
    """Ticks of a second: one before, one a look at the clock."""
    monkeypatch.setattr("sys.stdin", io.StringIO("go\n"))
    ticks = iter(range(100))
    measured = getattr(limits, work)(3, lambda: next(ticks))
    assert measured == pytest.approx(2 * done / 4 / 1e9)
