"""What a model was given stays with it: in copies, pickles, saved folders and the workers of a pool."""

from __future__ import annotations

import copy
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from isomorph import (
    CrossEncoder,
    MultiVectorEncoder,
    SentenceTransformer,
    SparseEncoder,
    installed,
)
from isomorph.errors import InputError

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = ["the river carries small stones", "a sea, where the river goes " * 4, "small"]
PROMPTS = {"query": "the sea ", "document": "", "mine": "a stone "}

COMMON = {
    "prompts": st.just(PROMPTS),
    "default_prompt_name": st.sampled_from(["query", "mine"]),
    "max_seq_length": st.sampled_from([5, 9, 40]),
}
COMPARED = st.sampled_from(["cosine", "dot", "euclidean", "manhattan"])
ACTIVATIONS = st.sampled_from(["Identity", "Sigmoid", "Tanh", "ReLU", "Softmax"])
CASES = {
    (SentenceTransformer, "models/bert-mean"): {
        **COMMON,
        "similarity_fn_name": COMPARED,
        "truncate_dim": st.sampled_from([1, 7, 100]),
        "include_prompt": st.booleans(),
    },
    (SentenceTransformer, "routed/models/one-encoder"): {**COMMON, "similarity_fn_name": COMPARED},
    (SparseEncoder, "sparse/models/splade-max"): {
        **COMMON,
        "similarity_fn_name": COMPARED,
        "max_active_dims": st.sampled_from([1, 5, 30]),
    },
    (SparseEncoder, "sparse/models/auto-encoder"): {
        **COMMON,
        "max_active_dims": st.sampled_from([1, 2]),
    },
    (CrossEncoder, "cross_encoders/models/bert-plain"): {**COMMON, "activation_fn": ACTIVATIONS},
    (CrossEncoder, "cross_encoders/models/bert-three-labels"): {
        **COMMON,
        "activation_fn": ACTIVATIONS,
    },
    **{
        (MultiVectorEncoder, f"multi_vector/models/{name}"): {
            **COMMON,
            "similarity_fn_name": st.sampled_from(["maxsim", "meanmaxsim"]),
        }
        for name in ("lengths", "fixed", "min", "pylate", "stanford")
    },
}
IN_THE_CONSTRUCTOR = {  # what has another name there
    "max_seq_length": lambda value: {"processor_kwargs": {"model_max_length": value}},
    "include_prompt": None,
}
SIDES = st.fixed_dictionaries({}, optional={"truncation_side": st.just("left")})


def saved(model, place):
    model.save_pretrained(place)
    return type(model)(place, backend="reference")


WAYS = {
    "copy.copy": lambda model, _: copy.copy(model),
    "copy.deepcopy": lambda model, _: copy.deepcopy(model),
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    "save": saved,
}


def answers(model):
    """What a model says of the texts in each way to ask, as arrays, and of the answers' similarity."""
    if isinstance(model, CrossEncoder):
        return [np.asarray(model.predict([(a, b) for a in TEXTS for b in TEXTS]))]
    found = []
    for encode in (model.encode, model.encode_query, model.encode_document):
        vectors = encode(TEXTS)
        found.append(model.similarity(vectors, vectors))
        found += vectors if isinstance(vectors, list) else [vectors]
    return [each.toarray() if hasattr(each, "toarray") else np.asarray(each) for each in found]


def told(model):
    """Every setting that a model shows."""
    names = (
        "prompts", "default_prompt_name", "similarity_fn_name", "truncate_dim", "max_active_dims",
        "max_seq_length", "activation_fn", "num_labels",
    )  # fmt: skip
    found = {name: getattr(model, name) for name in names if hasattr(type(model), name)}
    return {**found, "poolings": [m.config for m in model if m.kind == "pooling"]}


def made(kind, folder, values, late, processor):
    """A model that is given some values when it is made, and the `late` ones afterwards."""
    early: dict = {"processor_kwargs": dict(processor)}
    for name, value in values.items():
        if name in late or IN_THE_CONSTRUCTOR.get(name, name) is None:
            continue
        other = IN_THE_CONSTRUCTOR.get(name)
        if other is None:
            early[name] = value
        else:
            early["processor_kwargs"] |= other(value)["processor_kwargs"]
    model = kind(PARITY / folder, backend="reference", **early)
    for name, value in values.items():
        if name == "include_prompt":
            model.set_pooling_include_prompt(value)
        elif name in late:
            setattr(model, name, dict(value) if isinstance(value, dict) else value)
    return model


@st.composite
def models(draw):
    (kind, folder), known = draw(st.sampled_from(list(CASES.items())))
    values = draw(st.fixed_dictionaries({}, optional=known))
    if "default_prompt_name" in values:
        values["prompts"] = PROMPTS
    late = draw(st.sets(st.sampled_from(sorted(known))))
    if "prompts" in late and "default_prompt_name" in values:
        late |= {"default_prompt_name"}  # a name comes after what it names
    return kind, folder, values, late, draw(SIDES)


@pytest.mark.filterwarnings("ignore:.*were cut")
@settings(
    max_examples=50, phases=[Phase.explicit, Phase.generate]
)  # a smaller example says no more
@given(models(), st.lists(st.sampled_from(sorted(WAYS)), min_size=1, max_size=3))
def test_every_setting_survives_every_way(drawn, ways):
    model = made(*drawn)
    wanted, before = answers(model), told(model)
    with tempfile.TemporaryDirectory() as place:
        for number, way in enumerate(ways):
            model = WAYS[way](model, Path(place) / str(number))
            assert told(model) == before, way
            for one, other in zip(answers(model), wanted, strict=True):
                np.testing.assert_allclose(one, other, atol=1e-6, err_msg=way)


@pytest.mark.filterwarnings("ignore:.*were cut")
@pytest.mark.parametrize(
    ("kind", "folder", "values"),
    [
        (SentenceTransformer, "models/bert-mean", {"truncate_dim": 7, "include_prompt": False}),
        (SparseEncoder, "sparse/models/splade-max", {"max_active_dims": 5}),
        (CrossEncoder, "cross_encoders/models/bert-plain", {"activation_fn": "Tanh"}),
        (MultiVectorEncoder, "multi_vector/models/lengths", {"similarity_fn_name": "meanmaxsim"}),
    ],
)
def test_workers_of_a_pool_answer_as_the_model_does(kind, folder, values):
    values = {**values, "prompts": PROMPTS, "default_prompt_name": "mine", "max_seq_length": 9}
    model = made(kind, folder, values, set(values), {"truncation_side": "left"})
    inputs = [(text, TEXTS[0]) for text in TEXTS] if kind is CrossEncoder else TEXTS
    ask = model.predict if kind is CrossEncoder else model.encode
    with model.start_multi_process_pool(["cpu"]) as pool:
        found, wanted = ask(inputs, pool=pool), ask(inputs)
    for one, other in zip(found, wanted, strict=True):
        difference = one - other
        assert abs(difference).max() < 1e-6


def test_an_activation_is_the_same_one_wherever_it_was_copied(tmp_path):
    pair = [("where does the river go", "a sea")]
    for given_one in (None, "Tanh", "torch.nn.modules.activation.ReLU"):
        model = CrossEncoder(
            PARITY / "cross_encoders/models/bert-plain",
            backend="reference",
            activation_fn=given_one,
        )
        for number, way in enumerate(("copy.copy", "copy.deepcopy", "pickle")):
            other = WAYS[way](model, None)
            assert other.activation_fn == model.activation_fn
            again = saved(other, tmp_path / f"{given_one}-{number}")
            np.testing.assert_array_equal(again.predict(pair), model.predict(pair))


def test_an_activation_is_set_by_what_the_constructor_takes():
    model = CrossEncoder(PARITY / "cross_encoders/models/bert-plain", backend="reference")
    default = model.activation_fn
    model.activation_fn = "Tanh"
    assert model.activation_fn != default
    model.activation_fn = None
    assert model.activation_fn == default


def test_what_is_given_for_the_configuration_is_followed_and_saved_or_refused(backend, tmp_path):
    folder = PARITY / "models" / "bert-mean"
    plain = SentenceTransformer(folder, backend=backend).encode(TEXTS)
    given = {"backend": backend, "config_kwargs": {"layer_norm_eps": 0.1}}
    configures = {info.name: info.configures for info in installed().infos}
    if not configures[backend]:
        with pytest.raises(InputError, match=r"config_kwargs .* would be passed over"):
            SentenceTransformer(folder, **given)
        return
    model = SentenceTransformer(folder, **given)
    wanted = model.encode(TEXTS)
    assert not np.allclose(wanted, plain, atol=1e-3)
    model.save_pretrained(tmp_path / "saved")
    saved = SentenceTransformer(tmp_path / "saved", backend=backend)
    np.testing.assert_allclose(saved.encode(TEXTS), wanted, atol=1e-5)
