"""Where a model of an engine is no module of torch, and says so."""

import copy
import pickle

import pytest
import torch

from isomorph.errors import Unsupported

from .conftest import MINILM

NAMES = ["register_forward_hook", "register_forward_pre_hook", "get_parameter", "buffers", "apply"]


@pytest.fixture
def model(library):
    return library.SentenceTransformer(str(MINILM))


@pytest.mark.parametrize("name", NAMES)
def test_hooks_and_parts_of_a_module_of_torch_are_no_attributes(model, name):
    for each in (model, model[0]):
        assert not isinstance(each, torch.nn.Module)
        with pytest.raises(AttributeError):
            getattr(each, name)


def test_modules_are_those_of_the_chain_and_weights_have_the_names_of_the_file(model):
    names = [name for name, _ in model.named_children()]
    assert names == ["0", "1", "2"]
    assert "0.embeddings.word_embeddings.weight" in model.state_dict()


@pytest.mark.parametrize("send", [copy.deepcopy, pickle.dumps])
def test_a_model_whose_live_module_is_known_is_not_copied_without_its_changes(model, send):
    assert send(model)
    assert model[0].auto_model is model.transformers_model
    with pytest.raises(Unsupported, match="save it, and load what was saved"):
        send(model)
    assert model.encode("one").shape == (384,)


def test_a_configuration_hands_no_live_module_out(model):
    assert model.config.hidden_size == model[0].config.hidden_size == 384
    assert copy.deepcopy(model).encode("one").shape == (384,)


@pytest.mark.parametrize("call", ["tokenize", "preprocess"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_single_text_is_no_batch_of_its_letters(model, call):
    with pytest.raises(ValueError, match="pass a list"):
        getattr(model, call)("One text.")
