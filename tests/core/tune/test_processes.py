"""Candidates in processes: what they answer, and that all of them end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.core.pool.conftest import LOADERS

from isomorph import CrossEncoder, SentenceTransformer, installed
from isomorph.tune import processes as module
from isomorph.tune.candidate import Candidate, Rates, Ready
from isomorph.tune.processes import FEWEST, processes
from isomorph.tune.texts import SHORT, default_mix
from isomorph.tuned.choice import Setting

FALLBACK = next(info.name for info in installed().infos if info.fallback)
GOOD = Candidate(LOADERS[SentenceTransformer], FALLBACK, setting=Setting(tokens=64))


def alive(meter):
    return [each._process for each in meter._open.values()]


def test_a_candidate_is_warm_measured_and_ended():
    with processes("SentenceTransformer", None, default_mix()[:20]) as meter:
        (ready,) = meter.open([GOOD]).values()
        assert isinstance(ready, Ready), ready
        assert (ready.device, ready.engine.split()[0]) == ("cpu", "numpy")
        assert ready.rate > 0
        rates = meter.rates(GOOD)
        assert isinstance(rates, Rates)
        assert min(rates.mix, rates.short, rates.one) > 0
        assert FEWEST <= meter._visit["mix"] <= 20
        assert FEWEST <= meter._visit["short"] <= SHORT
        (process,) = alive(meter)
    assert process.returncode is not None


def test_a_model_of_pairs_is_measured_with_pairs():
    candidate = Candidate(LOADERS[CrossEncoder], FALLBACK)
    with processes("CrossEncoder", "cpu", default_mix()[:3]) as meter:
        assert isinstance(meter.open([candidate])[candidate], Ready)
        assert isinstance(meter.rates(candidate), Rates)


def test_who_cannot_run_says_why_and_hurts_nobody(tmp_path):
    missing = Candidate(tmp_path / "nothing", FALLBACK)
    nobody = replace(GOOD, backend="nobody")
    with processes("SentenceTransformer", None, default_mix()[:3]) as meter:
        found = meter.open([missing, GOOD, nobody])
        assert "nothing" in found[missing]
        assert "nobody" in found[nobody]
        assert isinstance(found[GOOD], Ready)
        assert len(alive(meter)) == 1
    with processes("SentenceTransformer", "gpu:7", default_mix()[:3]) as meter:
        assert "gpu:7" in meter.open([GOOD])[GOOD]
        assert not alive(meter)


def test_a_process_that_ends_by_itself_is_a_reason():
    with processes("SentenceTransformer", None, default_mix()[:3]) as meter:
        meter.open([GOOD])
        (process,) = alive(meter)
        process.kill()
        process.wait()
        assert "ended with exit code" in meter.rates(GOOD)


def test_a_process_that_says_nothing_is_ended(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    with processes("SentenceTransformer", None, default_mix()[:3]) as meter:
        assert "ended with exit code" in meter.open([GOOD])[GOOD]
        assert not alive(meter)


def test_an_error_in_the_block_ends_all_processes():
    found = []

    def fail():
        with processes("SentenceTransformer", None, default_mix()[:3]) as meter:
            meter.open([GOOD])
            found.extend(alive(meter))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert found[0].returncode is not None
