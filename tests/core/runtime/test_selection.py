"""Which backend is used: argument, environment, automatic; with backends made for the purpose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from isomorph.contract import Asked, BackendInfo, Claim, Device
from isomorph.errors import (
    BackendNotFound,
    BackendUnavailable,
    ContractError,
    DeviceUnavailable,
    PassedOver,
    Unsupported,
)
from isomorph.plugins.discovery import Plugins, installed
from isomorph.plugins.reading import read_model
from isomorph.runtime.selection import BACKEND_VARIABLE, PREFER_VARIABLE, choose


class Fake:
    """A backend that claims so many modules of its first device's kind, or has no engine."""

    depth, kinds, broken, stop = 0, ("cpu",), False, "no kernel for it"

    def devices(self):
        if self.broken:
            raise BackendUnavailable("fake", "the engine is broken")
        return [Device(kind) for kind in self.kinds]

    def claim(self, model, device):
        depth = min(self.depth, len(model.graph))
        return Claim(device, depth, reason=self.stop if depth < len(model.graph) else "")

    def load(self, model, claim, options):
        raise NotImplementedError


FAKES = {
    "whole": {"depth": 99},
    "also": {"depth": 99},
    "part": {"depth": 2},
    "fast": {"depth": 99, "kinds": ("gpu", "cpu")},
    "none": {"depth": 0},
    "broken": {"broken": True},
    "silent": {"depth": 1, "stop": ""},
    "liar": {"depth": -1},
    "nowhere": {"kinds": ()},
}
for _name, _what in FAKES.items():
    globals()[_name] = type(_name, (Fake,), _what)


@pytest.fixture(autouse=True)
def no_wish(monkeypatch):
    monkeypatch.delenv(BACKEND_VARIABLE, raising=False)


@pytest.fixture
def model(folder):
    return read_model(folder)


@pytest.fixture
def among(monkeypatch):
    """Only these backends, behind the reference as the last resort."""
    fallback = next(info for info in installed().infos if info.fallback)

    def only(*names, **changes):
        infos = [BackendInfo(name, f"{__name__}:{name}", **changes) for name in names]
        return Plugins(installed().manager, (*infos, fallback))

    return only


def name(model, plugins, **arguments):
    return choose(model, plugins=plugins, **arguments).info.name


def test_the_argument_wins_over_the_environment(model, among, monkeypatch):
    monkeypatch.setenv(BACKEND_VARIABLE, "whole")
    assert name(model, among("whole", "part"), backend="part") == "part"


def test_the_environment_wins_over_the_choice(model, among, monkeypatch):
    monkeypatch.setenv(BACKEND_VARIABLE, "part")
    assert name(model, among("whole", "part")) == "part"
    monkeypatch.setenv(BACKEND_VARIABLE, "")
    assert name(model, among("whole", "part")) == "whole"


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("part", "whole"), "whole"),
        (("also", "fast"), "fast"),
        (("part", "broken"), "part"),
        ((), "reference"),
        (("part",), "part"),
    ],
)
def test_the_choice(model, among, names, chosen):
    chosen = chosen.replace("reference", among().infos[-1].name)
    assert name(model, among(*names)) == chosen


@pytest.mark.parametrize(
    ("there", "why"),
    [("none", "no kernel for it"), ("broken", "the engine is broken"), ("nowhere", "no device")],
)
def test_a_fallback_in_place_of_engines_is_a_warning_and_a_note(model, among, there, why):
    plugins = among(there)
    with pytest.warns(PassedOver, match=f"(?s)No engine runs this model.*much slower.*{why}"):
        plan = choose(model, plugins=plugins)
    assert plan.info == plugins.infos[-1]
    ((over, reason),) = plan.passed_over
    assert over == there
    assert why in reason
    assert f"passed over: {there}: " in str(plan.explain())


def test_a_fallback_that_refuses_is_none_of_the_engines(model, among):
    plugins = among("none", "broken")
    spare = replace(plugins.infos[1], fallback=True)
    with pytest.warns(PassedOver, match="No engine runs this model") as warned:
        plan = choose(
            model, plugins=replace(plugins, infos=(plugins.infos[0], spare, plugins.infos[2]))
        )
    assert "- none: " in str(warned[0].message)
    assert "broken" not in str(warned[0].message)
    assert [over for over, _ in plan.passed_over] == ["broken", "none"]


def test_a_fallback_among_fallbacks_is_no_warning(model, among, recwarn):
    plugins = among("broken")
    spare = replace(plugins.infos[0], fallback=True)
    choose(model, plugins=replace(plugins, infos=(spare, plugins.infos[1])))
    assert not [each for each in recwarn if each.category is PassedOver]


def test_who_wants_to_be_named_is_taken_by_the_name_alone(model, among):
    plugins = among("whole", only_named=True)
    with pytest.warns(PassedOver, match="No engine runs this model"):
        plan = choose(model, plugins=plugins)
    assert plan.info == plugins.infos[-1]
    assert plan.passed_over == (("whole", "nobody named it: backend='whole'"),)
    assert name(model, plugins, backend="whole") == "whole"
    assert [info.name for info in plugins.unasked] == [plugins.infos[-1].name]


def test_what_a_claim_notes_is_explained(model, among):
    plan = choose(model, backend="whole", plugins=among("whole"))
    noted = replace(plan, claim=replace(plan.claim, notes=("It runs on rack 7.",)))
    assert str(noted.explain()).splitlines()[-1] == "It runs on rack 7."
    assert "rack" not in str(plan.explain())


def test_equal_claims_are_ordered_by_wish_then_by_priority(model, among, monkeypatch):
    first = among("whole").infos[0]
    plugins = among("also")
    both = replace(plugins, infos=(replace(first, priority=1), *plugins.infos))
    assert name(model, both) == "whole"
    monkeypatch.setenv(PREFER_VARIABLE, "other, also")
    assert name(model, both) == "also"


def test_a_choice_by_the_name_alone_is_told(model, among):
    with pytest.warns(PassedOver, match="'also' was chosen by its name alone: 'whole' would"):
        assert name(model, among("whole", "also")) == "also"


class Choosy(Fake):
    """A backend that hears what is asked, and computes in float32 or float16."""

    depth = 99

    def claim(self, model, device, asked):
        if asked.arithmetic not in (None, "float16"):
            raise Unsupported(f"Choosy has no {asked.arithmetic}")
        return replace(super().claim(model, device), arithmetic=asked.arithmetic or "float32")


def test_a_choice_goes_on_without_who_cannot_do_what_is_asked(model, among):
    first = replace(among("Choosy", options={}).infos[0], priority=9)
    plugins = replace(among("whole"), infos=(first, *among("whole", options={"k": "v"}).infos))
    assert name(model, plugins) == "Choosy"
    assert choose(model, plugins=plugins, asked=Asked("float16")).claim.arithmetic == "float16"
    plan = choose(model, plugins=plugins, asked=Asked("bfloat16"))
    assert plan.info.name == "whole", "a claim of contract 1 does not hear it"
    assert dict(plan.passed_over)["Choosy"] == "Choosy has no bfloat16"
    assert name(model, plugins, asked=Asked(None, {"k": 1})) == "whole"
    assert plan.until("token_embeddings").asked == Asked("bfloat16")


def test_an_option_that_a_backend_does_not_list_is_refused_by_its_name(model, among):
    plugins = among("whole", options={"cores": "how many"})
    wrong = Asked(None, {"core": 1, "cores": 2})
    with pytest.raises(Unsupported, match=r"model_kwargs 'core' have no effect.*: dtype.*, cores"):
        choose(model, "whole", plugins=plugins, asked=wrong)
    assert name(model, among("whole"), backend="whole", asked=wrong) == "whole"  # it refuses itself


def test_what_the_reference_alone_would_run_is_refused_in_other_arithmetic(model, among):
    with pytest.raises(Unsupported, match="the reference computes in float32"):
        choose(model, "none", plugins=among("none"), asked=Asked("float16"))


def test_an_engine_that_is_missing_takes_no_part(model, among):
    plugins = among("whole", requires=("an_engine_that_is_not_there",), install="it")
    with pytest.warns(PassedOver, match="an_engine_that_is_not_there"):
        assert name(model, plugins) == plugins.infos[-1].name
    with pytest.raises(BackendUnavailable, match="an_engine_that_is_not_there is not installed"):
        choose(model, "whole", plugins=plugins)


def test_a_name_that_nobody_has(model, among):
    with pytest.raises(BackendNotFound, match="'other' was asked for"):
        choose(model, "other", plugins=among("whole"))


def test_a_broken_backend_by_name_says_why(model, among):
    with pytest.raises(BackendUnavailable, match="the engine is broken"):
        choose(model, "broken", plugins=among("broken", "whole"))


def test_a_device_decides(model, among, monkeypatch):
    plugins = among("whole", "fast")
    monkeypatch.setenv(PREFER_VARIABLE, "whole")
    assert name(model, plugins, device="gpu") == "fast"
    assert str(choose(model, device="cpu", plugins=plugins).claim.device) == "cpu"
    assert choose(model, "fast", plugins=plugins).claim.device == Device("gpu")
    with pytest.raises(DeviceUnavailable, match=r"backend 'fast' has: .*Run 'isomorph backends'"):
        choose(model, "fast", "npu", plugins=plugins)
    with pytest.raises(
        DeviceUnavailable, match=r"'npu:3' was asked for.*the backends \w+, .* have: cpu, gpu:0"
    ):
        choose(model, device="npu:3", plugins=plugins)
    with pytest.raises(BackendUnavailable, match="no device"):
        choose(model, "nowhere", plugins=among("nowhere"))


def test_strict_refuses_a_tail_on_the_reference(model, among):
    plugins = among("part", "whole")
    with pytest.raises(Unsupported, match="'part' runs 2 of 8 modules natively: no kernel for it"):
        choose(model, "part", strict=True, plugins=plugins)
    assert choose(model, "part", plugins=plugins).claim.depth == 2
    assert choose(model, "whole", strict=True, plugins=plugins).claim.depth == 8


def test_where_nobody_runs_a_module_each_says_what_the_others_do_not(model, among, monkeypatch):
    absent = "no weights"
    stops = {"none": absent, "part": f"{absent}; it may read a.file", "also": absent}
    for each, stop in stops.items():
        monkeypatch.setattr(globals()[each], "depth", 0)
        monkeypatch.setattr(globals()[each], "stop", stop)
    with pytest.raises(Unsupported) as raised:
        choose(replace(model, tensors={}), plugins=among("none", "part", "also"))
    first, *more = str(raised.value).splitlines()
    assert first.startswith("Backend 'also' stops before module 'transformer' (no weights)")
    assert "- part: it may read a.file" in more
    assert not any(each.startswith("- none") for each in more)


def test_a_claim_must_be_one(model, among):
    with pytest.raises(ContractError, match="without a reason"):
        choose(model, "silent", plugins=among("silent"))
    with pytest.raises(ContractError, match="claims -1 of 8"):
        choose(model, "liar", plugins=among("liar"))


def test_explain_says_who_runs_what_and_why_not(model, among):
    rows = choose(model, "part", plugins=among("part")).explain().rows
    assert [row.runs == "part" for row in rows] == [True] * 2 + [False] * 6
    assert rows[2].reason == "no kernel for it"
    assert replace(rows[0], module="").reason == ""
