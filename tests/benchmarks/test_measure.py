import pytest

from benchmarks import machine, measure
from benchmarks.scenarios import Suite
from benchmarks.texts import fingerprint, mixed_texts

REPORT = {"engine": "engine 1", "device": "cpu", "native": 3, "modules": 3}


def test_contenders_take_turns_and_turn_their_order():
    order = []
    found = measure.interleave(["a", "b", "c"], 3, lambda name: order.append(name) or len(order))
    assert "".join(order) == "abcbcacab"
    assert found == {"a": [1, 6, 8], "b": [2, 4, 9], "c": [3, 5, 7]}
    assert measure.interleave([], 2, len) == {}


def test_a_row_holds_medians():
    calls = [[0.001, 0.002], [0.003, 0.004, 0.1]]
    row = measure.make_row("a", REPORT, [1.0, 9.0, 2.0], calls, [5.0, 4.0, 40.0], 100, 1e-7)
    assert row.cold_ms == 2000
    assert row.short_p50_ms == 3
    assert row.short_p99_ms == 100
    assert row.texts_per_second == 20
    assert row.void == ""


@pytest.mark.parametrize(
    ("gap", "native", "said"),
    [
        (1e-7, 3, ""),
        (1e-3, 3, "differs from the reference by 1.0e-03"),
        (float("nan"), 3, "differs from the reference by nan"),
        (1e-7, 2, "ran 2 of 3 modules"),
    ],
)
def test_other_numbers_and_fallbacks_are_void(gap, native, said):
    assert measure.void_reason(gap, {**REPORT, "native": native}) == said


def test_percentiles_are_values_that_occurred():
    values = list(range(100, 0, -1))
    assert measure.percentile(values, 50) == 50
    assert measure.percentile(values, 99) == 99
    assert measure.percentile([7], 99) == 7
    assert measure.percentile([7], 0) == 7


def test_a_worker_that_ends_is_an_error():
    with (
        measure.contender("/nowhere", "reference") as ask,
        pytest.raises(RuntimeError, match="worker of backend 'reference' ended"),
    ):
        ask("report")


def test_texts_are_deterministic_and_half_of_them_short():
    texts = mixed_texts(64)
    assert texts == mixed_texts(64)
    assert sum(len(text) < 300 for text in texts) == 32
    assert len(set(texts)) == 64
    assert fingerprint(texts) != fingerprint(texts[1:])


def test_the_quick_suite_is_smaller():
    assert Suite.quick().mixed.count < Suite().mixed.count


def test_copies_are_timed_by_the_given_clock(monkeypatch):
    ticks = iter(range(100))
    assert machine.copy_rate(lambda: next(ticks)) == pytest.approx(0.268, abs=0.001)


def test_the_processor_is_named(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Fast One 3000\n")
    assert machine.cpu_model(cpuinfo) == "Fast One 3000"
    assert machine.cpu_model(tmp_path / "none")
