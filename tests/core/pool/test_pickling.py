"""A pickled model is the way to load it, and its settings; never its weights."""

from __future__ import annotations

import copy
import pickle
import shutil

import numpy as np
import pytest

from isomorph import CrossEncoder, DynamicBatcher, SentenceTransformer, errors
from isomorph.errors import Unsupported
from isomorph.models import source

from .conftest import LOADERS, LONG, PARITY, TEXTS

LARGEST = 10_000


def called(model):
    """What a model makes of a few inputs, as arrays."""
    if isinstance(model, CrossEncoder):
        return [model.predict([("the river", text) for text in TEXTS[:3]])]
    found = model.encode(TEXTS[:3])
    if isinstance(found, list):
        return found
    return [found.toarray() if hasattr(found, "toarray") else found]


@pytest.mark.parametrize("kind", LOADERS, ids=lambda kind: kind.__name__)
def test_every_class_comes_back_small_unloaded_and_equal(kind, backend):
    model = kind(LOADERS[kind], backend=backend)
    want = called(model)
    data = pickle.dumps(model)
    again = pickle.loads(data)
    assert len(data) < LARGEST
    assert type(again) is kind
    assert again.get_backend() == backend
    assert not again.__loaded__().pipeline.is_open
    for found, wanted in zip(called(again), want, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6, rtol=0)


def test_settings_come_along(model):
    model = copy.deepcopy(model)
    model.prompts["mine"] = "mine: "
    model.default_prompt_name = "mine"
    model.max_seq_length = 9
    model.truncate_dim = 5
    model.similarity_fn_name = "dot"
    model.set_pooling_include_prompt(False)
    again = pickle.loads(pickle.dumps(model))
    for name in ("prompts", "default_prompt_name", "max_seq_length", "truncate_dim"):
        assert getattr(again, name) == getattr(model, name)
    assert again.similarity_fn_name == "dot"
    assert [module.config for module in again] == [module.config for module in model]
    np.testing.assert_array_equal(again.encode(TEXTS), model.encode(TEXTS))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickle.dumps])
def test_what_belongs_to_one_process_is_not_copied(model, pool, again):
    for each in (pool, DynamicBatcher()):
        with pytest.raises(Unsupported, match=f"A {type(each).__name__} cannot be copied or sent"):
            again(each)


def test_arguments_of_the_constructor_come_along(tmp_path):
    folder = shutil.copytree(LOADERS[SentenceTransformer], tmp_path / "model")
    (folder / "modules.json").unlink()
    given = {"model_max_length": 12, "truncation_side": "left"}
    options = {"pooling": "max", "processor_kwargs": given, "backend": "reference"}
    model = SentenceTransformer(folder, model_kwargs={"dtype": "float32"}, **options)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.encode([LONG + "sea"]), model.encode([LONG + "sea"]))
    assert again.report() == model.report()  # of that call too: what was cut, and where


def test_lengths_and_modules_of_every_route_come_along():
    folder = PARITY / "routed" / "models" / "one-encoder"
    model = SentenceTransformer(folder, backend="reference")
    model.max_seq_length = 8
    model.set_pooling_include_prompt(False)
    again = pickle.loads(pickle.dumps(model))
    for task in ("query", "document"):
        call = {"task": task, "prompt": "mine: "}
        np.testing.assert_array_equal(again.encode([LONG], **call), model.encode([LONG], **call))


def test_a_name_is_resolved_once_and_its_token_stays_here(monkeypatch):
    monkeypatch.setattr(source, "resolve", lambda name, request: LOADERS[SentenceTransformer])
    model = SentenceTransformer("somebody/something", token="a-secret", backend="reference")
    data = pickle.dumps(model)
    monkeypatch.setattr(source, "resolve", None)
    assert pickle.loads(data).encode("a river").shape == model.encode("a river").shape
    assert b"a-secret" not in data
    assert b"somebody" not in data


def test_a_copy_is_a_model_of_its_own(model):
    other = copy.deepcopy(model)
    other.prompts["mine"] = "mine: "
    other.set_pooling_include_prompt(False)
    assert "mine" not in model.prompts
    assert [module.config for module in other] != [module.config for module in model]


def test_a_live_model_that_was_handed_out_is_not_pickled(backend):
    model = SentenceTransformer(LOADERS[SentenceTransformer], backend=backend)
    if model.transformers_model is None:
        assert pickle.loads(pickle.dumps(model)).get_backend() == backend
        return
    with pytest.raises(Unsupported, match=r"handed out.*save it"):
        pickle.dumps(model)
    with pytest.raises(Unsupported, match="handed out"):
        copy.deepcopy(model)


def test_workers_need_no_setting_that_only_the_caller_uses():
    model = CrossEncoder(LOADERS[CrossEncoder], backend="reference", activation_fn=lambda x: -x)
    want = called(model)
    with model.start_multi_process_pool(["cpu"]) as pool:
        pairs = [("the river", text) for text in TEXTS[:3]]
        np.testing.assert_allclose(model.predict(pairs, pool=pool), want[0], atol=1e-6, rtol=0)


def test_activations_of_a_name_or_a_module_can_be_sent():
    for function in (None, "Tanh", np.tanh):
        model = CrossEncoder(LOADERS[CrossEncoder], backend="reference", activation_fn=function)
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(called(again)[0], called(model)[0])


@pytest.mark.parametrize(
    "error",
    [
        errors.BackendUnavailable("name", "it is broken", "install it"),
        errors.DeviceUnavailable("gpu:3", "name", ["cpu"]),
        errors.ContractError("name", "name 1.0", "forward returned nothing"),
        errors.ModelNotFound("no such folder"),
        errors.InputError("not this"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_say_the_same_after_pickling(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
