"""What is tried after what, on recorded timings."""

from __future__ import annotations

import pytest
from drawn import RANDOM

from isomorph.errors import BackendUnavailable
from isomorph.tune.stages import run_stages
from isomorph.tuned.choice import PLAIN, Setting

from .conftest import FOLDER, MANY, candidate, surface


def test_each_stage_goes_on_from_the_best_of_the_last():
    factors = {
        ("lanes", 4): 1.2,
        ("threads", 4): 1.1,
        ("tokens", 1024): 1.3,
        ("latency", False): 2.0,
    }
    meter = surface(factors, a=100.0, b=150.0)
    out = run_stages(FOLDER, ["a", "b"], meter, 0.0, 60.0)
    assert out.best == candidate("b", Setting(lanes=4, tokens=1024, latency=False))
    assert [name for name, _ in out.heats] == ["backends", "lanes", "tokens", "sessions"]
    assert meter.is_open == {out.best}


def test_the_settings_that_are_there_stay_where_none_is_better():
    out = run_stages(FOLDER, ["a", "b"], surface({}, a=100.0, b=90.0), 0.0, 60.0)
    assert out.best == candidate("a")


def test_a_budget_is_not_tried_where_core_has_none_nor_lanes_on_one_cpu():
    meter = surface({}, ready={"cpus": 1, "lanes": 64}, a=100.0, b=100.0)
    out = run_stages(FOLDER, ["a"], meter, 0.0, 60.0)
    assert [name for name, _ in out.heats] == ["backends"]
    assert meter.opened == [candidate("a")]
    elsewhere = surface({}, ready={"device": "gpu", "cpus": 8, "lanes": 2}, a=100.0)
    assert len(run_stages(FOLDER, ["a"], elsewhere, 0.0, 60.0).heats) == 1


def test_one_lane_needs_no_second_session():
    meter = surface({("lanes", 1): 2.0}, ready={**MANY, "cpus": 2}, a=100.0)
    out = run_stages(FOLDER, ["a"], meter, 0.0, 60.0)
    assert out.best == candidate("a", Setting(lanes=1))
    assert [name for name, _ in out.heats] == ["backends", "lanes", "tokens"]


def test_where_time_is_short_later_stages_are_told_and_not_tried():
    meter = surface({("tokens", 1024): 9.0}, a=100.0, b=99.0, c=98.0)
    out = run_stages(FOLDER, ["a", "b", "c"], meter, 0.0, 1.0)
    assert out.untried == ["lanes", "tokens", "sessions"]
    assert out.best == candidate("a")


def test_time_is_kept():
    for seconds in (8.0, 20.0, 40.0):
        meter = surface({}, noise=0.02, a=100.0, b=99.5, c=99.0)
        run_stages(FOLDER, ["a", "b", "c"], meter, 0.0, seconds)
        assert meter.now() <= seconds + 3.5, "a stage that has begun visits everyone once"


def test_who_cannot_be_loaded_is_told():
    meter = surface({}, a=100.0, b=90.0)
    meter.broken["b"] = "it runs 2 of 3 modules"
    out = run_stages(FOLDER, ["a", "b"], meter, 0.0, 60.0)
    assert out.refused == {"b": "it runs 2 of 3 modules"}
    meter.broken["a"] = "no engine"
    with pytest.raises(BackendUnavailable, match=r"(?s)- a: no engine.*- b: it runs 2 of 3"):
        run_stages(FOLDER, ["a", "b"], meter, 0.0, 60.0)
    assert not meter.is_open - {out.best}


def test_the_choice_is_near_the_best_of_all_that_were_tried():
    for _ in range(60):
        names = [*(("lanes", n) for n in (1, 4)), ("threads", 4), ("tokens", 256), ("tokens", 1024)]
        factors = {name: float(RANDOM.uniform(0.9, 1.1)) for name in names}
        rates = {name: float(RANDOM.uniform(90, 110)) for name in "abc"}
        meter = surface(factors, noise=0.01, **rates)
        out = run_stages(FOLDER, list(rates), meter, 0.0, 120.0)
        tried = [meter.true(each).mix for each in meter.opened]
        assert meter.true(out.best).mix >= 0.97 * max(tried)
    assert PLAIN in {each.setting for each in meter.opened}
