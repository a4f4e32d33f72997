"""Which laws are asked about which models: no law forgotten, no kind of model left out."""

import inspect

import pytest

from isomorph.plugins.reading import read_model
from isomorph.testing.asked import EACH_KIND, EVERY, MODELS, one_of_each, traits
from isomorph.testing.models import write
from isomorph.testing.recipes import CATALOGUE, VARIED
from isomorph.testing.suite import BackendTests


def read(names, folder):
    return [read_model(write(name, folder / name)) for name in names]


def test_every_law_about_a_model_has_its_models():
    laws = {name for name in vars(BackendTests) if name.startswith("test_")}
    about = {
        law for law in laws if "model_name" in inspect.signature(vars(BackendTests)[law]).parameters
    }
    assert about == set(MODELS)


@pytest.mark.parametrize("law", ["test_every_cut_agrees", "test_rows_are_independent"])
def test_laws_about_numbers_are_asked_about_every_model(law):
    assert MODELS[law] == EVERY == tuple(CATALOGUE)


def test_laws_about_manners_meet_every_kind_of_module_and_every_input(tmp_path):
    few, every = read(EACH_KIND, tmp_path / "few"), read(EVERY, tmp_path / "every")
    for of in (
        lambda model: {module.kind for module in model.graph.modules},
        lambda model: {model.graph.inputs},
        lambda model: {model.graph.outputs},
        lambda model: {tensor.dtype for each in model.tensors.values() for tensor in each.values()},
    ):
        assert set().union(*map(of, few)) == set().union(*map(of, every))


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
