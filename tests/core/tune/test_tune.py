"""From a model to a choice that loads follow, on recorded timings."""

from __future__ import annotations

import json
import shutil

import pytest
from tests.core.pool.conftest import LOADERS

from isomorph import CrossEncoder, SentenceTransformer, installed
from isomorph.contract import BackendInfo
from isomorph.errors import BackendNotFound, InputError, Unsupported
from isomorph.files.names import QUANTIZED
from isomorph.plugins.discovery import Plugins
from isomorph.quantize import quantize_model
from isomorph.tune import forget_choice, tune_model
from isomorph.tune import tune as tuning
from isomorph.tune.candidate import Rates
from isomorph.tune.texts import cross_section, default_mix, short_texts
from isomorph.tuned.choice import PLAIN, Setting

from .conftest import MANY, Surface, surface

MODEL = LOADERS[SentenceTransformer]
FALLBACK = next(info for info in installed().infos if info.fallback)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def plugins():
    """Two engines that nobody imports, and the reference."""
    slow = BackendInfo("slow", "nowhere:Slow", priority=2)
    fast = BackendInfo("fast", "nowhere:Fast", priority=1)
    named = BackendInfo("named", "nowhere:Named", only_named=True)
    return Plugins(installed().manager, (slow, fast, named, FALLBACK))


def test_the_best_is_kept_with_the_reason(plugins, cache):
    meter = surface({("lanes", 1): 1.25}, slow=80.0, fast=100.0)
    tuned = tune_model(MODEL, plugins=plugins, meter=meter, seconds=60)
    choice = tuned.choice
    assert (choice.backend, choice.setting) == ("fast", Setting(lanes=1))
    assert choice.why == "1.56 times the texts per second of slow with default settings"
    kept = json.loads(tuned.file.read_text("utf-8"))
    assert kept["choice"]["backend"] == "fast"
    assert kept["versions"].keys() == {"isomorph", "slow", "fast"}
    assert tuned.file.parent == cache / "tuned"


def test_where_the_order_is_right_it_says_so(plugins):
    tuned = tune_model(
        MODEL, plugins=plugins, meter=surface({}, slow=120.0, fast=100.0), seconds=60
    )
    assert (tuned.choice.backend, tuned.choice.setting) == ("slow", PLAIN)
    assert tuned.choice.why.startswith("nothing else was faster than slow")


def test_a_session_for_few_inputs_that_brings_nothing_is_left_out(plugins):
    tuned = tune_model(
        MODEL, plugins=plugins, meter=surface({("latency", False): 1.5}, slow=100.0, fast=50.0)
    )
    assert tuned.choice.setting == Setting(latency=False)
    assert tuned.choice.why.endswith("single texts 1.50 times as fast with one session")


def test_the_reference_takes_part_where_no_engine_is_there_or_where_it_is_named(plugins):
    alone = Plugins(installed().manager, (FALLBACK,))
    meter = surface({}, **{FALLBACK.name: 5.0})
    assert tune_model(MODEL, plugins=alone, meter=meter).choice.backend == FALLBACK.name
    named = surface({}, **{FALLBACK.name: 500.0, "named": 100.0})
    assert tune_model(
        MODEL, plugins=alone, meter=surface({}, ready={}, **{FALLBACK.name: 5.0})
    ).choice.why == (f"nothing was tried beside {FALLBACK.name} with default settings")
    tuned = tune_model(
        MODEL, plugins=plugins, meter=named, backends=[FALLBACK.name, "named", "named"]
    )
    assert tuned.choice.backend == FALLBACK.name
    with pytest.raises(BackendNotFound):
        tune_model(MODEL, plugins=plugins, meter=named, backends=["nobody"])


def test_a_load_follows_what_was_tuned_until_it_is_forgotten():
    meter = surface({("tokens", 256): 1.5}, **{FALLBACK.name: 5.0})
    tuned = tune_model(MODEL, meter=meter, backends=[FALLBACK.name])
    with SentenceTransformer(MODEL) as model:
        assert model.report().tuned == str(tuned.choice)
        assert model.__loaded__().pipeline.plan.setting == Setting(tokens=256)
    assert forget_choice(MODEL)
    assert not forget_choice(MODEL)
    with SentenceTransformer(MODEL, backend="auto") as model:
        assert model.__loaded__().pipeline.plan.tuned == ""


def test_a_model_of_another_class_is_read_as_it_was_saved(plugins):
    place = LOADERS[CrossEncoder]
    meter = surface({}, **{FALLBACK.name: 5.0})
    tuned = tune_model(place, meter=meter, backends=[FALLBACK.name])
    with CrossEncoder(place) as model:
        assert model.report().tuned == str(tuned.choice)


def test_a_device_that_was_wished_is_part_of_the_choice(plugins):
    meter = surface({}, slow=1.0, fast=2.0)
    assert tune_model(MODEL, plugins=plugins, meter=meter, device="cpu").choice.wished
    assert not tune_model(
        MODEL, plugins=plugins, meter=surface({}, slow=1.0, fast=2.0)
    ).choice.wished


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"texts": []}, "0 texts"),
        ({"seconds": 0.0}, "0.0 seconds"),
        ({"seconds": float("nan")}, "nan seconds"),
        ({"device": "not a device!"}, "not a device"),
        ({"class_name": "Encoder"}, "no class 'Encoder'"),
        ({"max_loss": 0.005}, "no folder in fewer bits is named"),
        ({"quantized": [MODEL]}, "no folder of 'isomorph quantize'"),
    ],
)
def test_what_cannot_be_used_is_refused(plugins, arguments, words):
    meter = surface({}, slow=1.0, fast=2.0)
    with pytest.raises(InputError, match=words):
        tune_model(MODEL, plugins=plugins, meter=meter, **arguments)
    assert not meter.opened


def test_too_little_memory_is_refused_before_anything_is_loaded(plugins, monkeypatch):
    meter = surface({}, slow=1.0, fast=2.0)
    monkeypatch.setattr(tuning, "free_memory", lambda: 1000)
    with pytest.raises(Unsupported, match="2 backends at once may take"):
        tune_model(MODEL, plugins=plugins, meter=meter)
    assert not meter.opened


class ByFolder(Surface):
    """Models in fewer bits have rates of their own."""

    def true(self, candidate):
        rates = super().true(candidate)
        times = self.factors.get(candidate.folder.name, 1.0)
        return Rates(times * rates.mix, rates.short, rates.one)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The model in eight bits, with what that cost."""
    folder = tmp_path_factory.mktemp("made") / "small"
    return quantize_model(MODEL, "int8", backend=FALLBACK.name, output=folder).folder


def by_folder(times):
    meter = ByFolder({"slow": 100.0, "fast": 90.0}, ready=dict(MANY))
    meter.factors = {"small": times}
    return meter


def test_a_folder_in_fewer_bits_races_where_its_loss_is_allowed(plugins, small):
    meter = by_folder(1.4)
    tuned = tune_model(
        MODEL, plugins=plugins, meter=meter, quantized=[small], max_loss=0.5, seconds=60
    )
    (other,) = tuned.quantized
    assert (tuned.folder, other.folder) == (MODEL, small)
    assert tuned.final.best.folder == small
    assert tuned.file != other.file, "each folder has a choice of its own"
    slower = tune_model(
        MODEL, plugins=plugins, meter=by_folder(0.9), quantized=[small], max_loss=0.5
    )
    assert slower.final.best.folder == MODEL


def test_a_loss_that_nobody_allowed_is_refused(plugins, small):
    meter = by_folder(9.0)
    for limit, words in ((None, "Say with --max-loss"), (0.0, "allows 0.000%")):
        with pytest.raises(InputError, match=words):
            tune_model(MODEL, plugins=plugins, meter=meter, quantized=[small], max_loss=limit)
    with pytest.raises(InputError, match=r"allows 0\.000%"):
        tune_model(small, plugins=plugins, meter=meter, max_loss=0.0)
    assert not meter.opened
    assert tune_model(small, plugins=plugins, meter=meter).folder == small, "that is what was named"


def test_a_manifest_without_a_measurement_is_refused(plugins, small, tmp_path):
    folder = shutil.copytree(small, tmp_path / "small")
    said = json.loads((folder / QUANTIZED).read_text("utf-8"))
    for measured in (None, {}, {"loss": "little"}, {"loss": -1}):
        (folder / QUANTIZED).write_text(json.dumps({**said, "measured": measured}), "utf-8")
        with pytest.raises(InputError, match="says of no loss"):
            tune_model(
                MODEL, plugins=plugins, meter=by_folder(2.0), quantized=[folder], max_loss=0.5
            )


def test_a_folder_of_another_model_is_refused(plugins, small):
    other = MODEL.parent / "long-chain"
    with pytest.raises(InputError, match="was not made of"):
        tune_model(other, plugins=plugins, meter=by_folder(2.0), quantized=[small], max_loss=0.5)


def test_a_cross_section_has_the_lengths_of_the_whole():
    texts = [f"{'x' * length}{index}" for index, length in enumerate([1, 2, 4, 8] * 100)]
    few = cross_section(texts, 40)
    assert few == cross_section(texts, 40)
    assert [sum(len(text) < most for text in few) for most in (8, 100)] == [30, 40]
    assert sorted(cross_section(texts, 10**6)) == sorted(texts)
    assert few != sorted(few, key=len), "a visit of fewer texts has all lengths too"


@pytest.mark.parametrize("texts", [default_mix(), short_texts()], ids=["mix", "short"])
def test_texts_that_come_along_all_differ(texts):
    assert len(set(texts)) == len(texts)
