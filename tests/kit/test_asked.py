"""Which laws are asked about which models: no law forgotten, no kind of model left out."""

import inspect

import pytest

from isomorph.testing.asked import CUT, EACH_KIND, EVERY, MODELS, one_of_each, seams, traits
from isomorph.testing.recipes import CATALOGUE, VARIED
from isomorph.testing.suite import BackendTests


def test_every_law_about_a_model_has_its_models():
    laws = {name for name in vars(BackendTests) if name.startswith("test_")}
    about = {
        law for law in laws if "model_name" in inspect.signature(vars(BackendTests)[law]).parameters
    }
    assert about == set(MODELS)


@pytest.mark.parametrize("law", ["test_numbers_agree", "test_rows_are_independent"])
def test_laws_about_numbers_are_asked_about_every_model(law):
    assert MODELS[law] == EVERY == tuple(CATALOGUE)


def test_laws_about_manners_meet_every_kind_of_module_and_every_input(models):
    few, every = [models[name] for name in EACH_KIND], list(models.values())
    for of in (
        lambda model: {module.kind for module in model.graph.modules},
        lambda model: {model.graph.inputs},
        lambda model: {model.graph.outputs},
        lambda model: {tensor.dtype for each in model.tensors.values() for tensor in each.values()},
    ):
        assert set().union(*map(of, few)) == set().union(*map(of, every))


def test_each_pair_of_modules_is_cut_in_some_model(models):
    def seam(model):
        kinds = [(module.kind, module.config.get("task")) for module in model.graph.modules]
        cuts = range(1, len(kinds))
        return {(kinds[n - 1], kinds[n][0], model.graph.live(n)) for n in cuts}

    few = (models[name] for name in CUT)
    assert set().union(*map(seam, few)) == set().union(*map(seam, models.values()))
    assert len(CUT) < len(EVERY) / 5
    assert set().union(*(seams(CATALOGUE[name]) for name in CUT)) == set().union(
        *map(seams, CATALOGUE.values())
    )


def test_few_models_are_enough_for_manners():
    assert set(VARIED) <= set(EACH_KIND)
    assert len(EACH_KIND) < len(EVERY) / 3
    assert set().union(*map(traits, CATALOGUE.values())) == {
        trait for name in EACH_KIND for trait in traits(CATALOGUE[name])
    }


def test_a_model_with_a_trait_of_its_own_is_chosen():
    some = {name: CATALOGUE[name] for name in ("bert", "bert-relu", "bert-shards", "static", "bow")}
    assert one_of_each(some) == ("bert", "bert-shards", "static", "bow")
    assert one_of_each(some, ["bert-shards"]) == ("bert-shards", "bert", "static", "bow")
