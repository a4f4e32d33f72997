"""A load follows a kept choice where nothing that the user says is overruled."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sys
from dataclasses import replace

import numpy as np
import pytest

from isomorph import SentenceTransformer, installed
from isomorph.contract import Asked, BackendInfo, Claim, Device
from isomorph.plugins.discovery import Plugins
from isomorph.plugins.reading import read_model
from isomorph.runtime.selection import BACKEND_VARIABLE, PREFER_VARIABLE, choose
from isomorph.tuned.choice import PLAIN, Setting
from isomorph.tuned.kept import keep
from isomorph.tuned.key import key_of
from isomorph.tuned.look_up import VARIABLE

from .conftest import SETTING

FALLBACK = next(info.name for info in installed().infos if info.fallback)


class Everywhere:
    """A backend that claims everything, on two kinds of devices, the accelerator first."""

    def devices(self):
        return [Device("gpu"), Device("cpu")]

    def claim(self, model, device, asked):
        return Claim(device, len(model.graph), arithmetic=asked.arithmetic or "float32")

    def load(self, model, claim, options):
        raise NotImplementedError


@pytest.fixture
def plugins():
    """The reference, and a backend that the order takes before it."""
    own = next(info for info in installed().infos if info.fallback)
    engine = BackendInfo("engine", f"{__name__}:Everywhere", options={"k": "a key"})
    return Plugins(installed().manager, (engine, own))


@pytest.fixture
def model(place):
    return read_model(place)


def keep_for(model, plugins, choice):
    keep(key_of(model), choice, plugins, [info.name for info in plugins.infos])


def test_a_choice_is_followed_and_told(place, kept):
    with SentenceTransformer(place) as loaded:
        assert loaded.report().backend == FALLBACK
        assert loaded.report().tuned.startswith(f"tuned on 2026-11-29: {FALLBACK} on cpu, 1 lane")
        assert "tuned on 2026-11-29" in str(loaded.report())
        assert "tuned on 2026-11-29" in str(loaded.explain())
        assert VARIABLE in str(loaded.explain())


def test_without_a_choice_nothing_changes_and_nothing_is_told(model, plugins):
    plan = choose(model, plugins=plugins)
    assert (plan.info.name, plan.setting, plan.tuned) == ("engine", PLAIN, "")
    assert "tuned" not in str(plan.explain())


@pytest.mark.parametrize("auto", [None, "auto"])
def test_the_word_auto_is_no_name_of_a_backend(model, plugins, chosen, auto, monkeypatch):
    keep_for(model, plugins, chosen())
    plan = choose(model, auto, plugins=plugins)
    assert (plan.info.name, plan.setting) == (FALLBACK, SETTING)
    monkeypatch.setenv(BACKEND_VARIABLE, "engine")
    named = choose(model, auto, plugins=plugins)
    assert named.info.name == (FALLBACK if auto else "engine"), "an argument wins over a variable"


def test_what_the_user_says_is_not_overruled(model, plugins, chosen, monkeypatch):
    keep_for(model, plugins, chosen())
    said = {
        "a backend": {"backend": "engine"},
        "a device": {"device": "gpu"},
        "its arithmetic": {"asked": Asked("float16")},
        "a setting of the engine": {"asked": Asked(None, {"k": 1})},
    }
    for what, arguments in said.items():
        assert choose(model, plugins=plugins, **arguments).tuned == "", what
    monkeypatch.setenv(PREFER_VARIABLE, "engine")
    assert choose(model, plugins=plugins).tuned == ""
    monkeypatch.delenv(PREFER_VARIABLE)
    monkeypatch.setenv(VARIABLE, "0")
    assert choose(model, plugins=plugins).tuned == ""
    monkeypatch.setenv(VARIABLE, "1")
    assert choose(model, plugins=plugins).tuned


def test_an_artifact_that_the_user_names_is_not_passed_over(model, plugins, chosen):
    keep_for(model, plugins, chosen())
    assert choose(replace(model, artifact="own.bin"), plugins=plugins).tuned == ""


def test_a_choice_is_of_one_device(model, plugins, chosen):
    keep_for(model, plugins, chosen(backend="engine", wished=True))
    assert choose(model, plugins=plugins).tuned == "", "the best device was not measured"
    assert choose(model, device="cpu", plugins=plugins).tuned
    keep_for(model, plugins, chosen(backend="engine", device="gpu"))
    assert choose(model, plugins=plugins).claim.device == Device("gpu")
    assert choose(model, device="cpu", plugins=plugins).tuned == ""


def test_another_device_or_arithmetic_has_plain_settings(model, plugins, chosen):
    keep_for(model, plugins, chosen(backend="engine", device="gpu"))
    plan = choose(model, plugins=plugins)
    assert plan.until("token_embeddings").setting == SETTING
    assert plan.of(model, Device("cpu")).setting == PLAIN
    assert plan.of(model, asked=Asked("float16")).tuned == ""


def test_copies_and_pickles_follow_the_same_choice(place, kept):
    with SentenceTransformer(place) as loaded:
        for twin in (copy.deepcopy(loaded), pickle.loads(pickle.dumps(loaded))):
            with twin:
                plan = twin.__loaded__().pipeline.plan
                assert plan.setting == SETTING
                assert plan.tuned == loaded.report().tuned


def test_a_named_backend_stays_plain_in_copies(place, kept):
    with SentenceTransformer(place, backend=FALLBACK) as loaded:
        twin = copy.deepcopy(loaded)
        assert twin.__loaded__().pipeline.plan.setting == PLAIN


def test_a_choice_that_is_gone_leaves_copies_their_backend(place, kept):
    with SentenceTransformer(place) as loaded:
        kept.unlink()
        twin = copy.deepcopy(loaded)
        plan = twin.__loaded__().pipeline.plan
        assert (plan.info.name, plan.setting) == (FALLBACK, PLAIN)


def _setting(model, answers):
    model.encode(["a text"])
    answers.put(model.__loaded__().pipeline.plan.setting)


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_children_read_the_same_choice(place, kept, way):
    if way not in multiprocessing.get_all_start_methods():
        assert sys.platform == "win32", "only Windows has no fork"
        return
    context = multiprocessing.get_context(way)
    answers = context.SimpleQueue()
    with SentenceTransformer(place) as loaded:
        child = context.Process(target=_setting, args=(loaded, answers))
        child.start()
        try:
            child.join(300)
            assert child.exitcode == 0
            assert answers.get() == SETTING
        finally:
            child.kill()


def test_workers_of_a_pool_give_the_same_vectors(place, kept):
    texts = ["the river", "small stones", "a river carries the stones"]
    with SentenceTransformer(place) as loaded:
        here = loaded.encode(texts)
        with loaded.start_multi_process_pool(["cpu"]) as pool:
            np.testing.assert_allclose(loaded.encode(texts, pool=pool), here, atol=1e-6)


def test_threads_of_the_process_bound_what_a_choice_says(place, chosen, monkeypatch):
    choice = chosen(setting=Setting(lanes=64, threads=64))
    keep(key_of(read_model(place)), choice, installed(), [choice.backend])
    monkeypatch.setenv("ISOMORPH_THREADS", "1")
    with SentenceTransformer(place) as loaded:
        assert loaded.report().tuned
        assert loaded.report().lanes == 1
