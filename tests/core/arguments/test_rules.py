"""Arguments of wrong types are refused by name before anything runs, by every public call alike."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

import isomorph
import isomorph.evaluation
from isomorph import SentenceTransformer, quantize_embeddings, semantic_search, util
from isomorph.arguments.rules import LARGEST, RULES
from isomorph.contract import Device
from isomorph.errors import InputError
from isomorph.messages.shown import WIDTH, shown
from isomorph.models.base import BaseModel
from isomorph.pool.placement import Placement
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.plan import Runner

PARITY = Path(__file__).parents[2] / "parity"
MODELS = {
    "SentenceTransformer": PARITY / "models" / "bert-mean",
    "SparseEncoder": PARITY / "sparse" / "models" / "splade-max",
    "CrossEncoder": PARITY / "cross_encoders" / "models" / "bert-plain",
    "MultiVectorEncoder": PARITY / "multi_vector" / "models" / "modern",
}
TEXTS, PAIRS = ["the river", "small stones"], [("the river", "small stones")]
VECTORS = np.ones((2, 8), np.float32)


class Odd:
    """An object that prints as nothing."""

    def __repr__(self):
        raise RuntimeError

    __str__ = __repr__


ODD = [b"b", 1j, [1], {"a": 1}, {1}, Odd(), object(), np.array([1, 2]), np.array(["a", "b"]), int]
NO_COUNT = [*ODD, True, np.bool_(1), 0, -1, 2.0, float("nan"), "8", "", LARGEST + 1, 10**5000]
NO_TEXT = [*ODD, 5, 2.0, True]
NO_FLAG = [*ODD, "yes", "", 2, -1, 0.5, 10**5000]
NO_DEVICE = [*ODD, 5, 1.5, True, "", "C P U", "cpu:x", "cuda:" + 5000 * "9", 5000 * "1", 10**5000]
NO_PLACE = [*(value for value in ODD if not isinstance(value, type)), 5, True, "a\0b"]
NO_SETTINGS = [*(value for value in ODD if not isinstance(value, dict)), 5, "x", {1: 2}]
NO_FUNCTION = [*(value for value in ODD if not callable(value)), 5]

OF_ALL = {
    "batch_size": NO_COUNT,
    "chunk_size": NO_COUNT,
    "prompt": NO_TEXT,
    "prompt_name": NO_TEXT,
    "on_long": [*NO_TEXT, None],
    "show_progress_bar": NO_FLAG,
    "deterministic": NO_FLAG,
    "return_report": NO_FLAG,
    "convert_to_tensor": NO_FLAG,
    "convert_to_numpy": NO_FLAG,
    "device": NO_DEVICE,
    "pool": [5, "cpu", {"input": 1}],
}
OWN = {
    "SentenceTransformer": {
        "truncate_dim": NO_COUNT,
        "precision": NO_TEXT,
        "output_value": NO_TEXT,
        "normalize_embeddings": NO_FLAG,
        "task": NO_TEXT,
        "out": [5, "x", []],
    },
    "SparseEncoder": {
        "max_active_dims": NO_COUNT,
        "convert_to_sparse_tensor": NO_FLAG,
        "save_to_cpu": NO_FLAG,
        "task": NO_TEXT,
    },
    "CrossEncoder": {
        "activation_fn": [*NO_FUNCTION, "os.system", "os.Sigmoid", "builtins.Tanh"],
        "apply_softmax": NO_FLAG,
    },
    "MultiVectorEncoder": {
        "normalize_embeddings": NO_FLAG,
        "token_pooling": [5, "x", Odd()],
        "task": NO_TEXT,
        "output_value": [*NO_TEXT, None],
    },
}
CONSTRUCTOR = {
    "model_name_or_path": NO_PLACE,
    "device": NO_DEVICE,
    "prompts": [5, "x", ["a"], {"query": 5}, {5: "x"}, Odd()],
    "default_prompt_name": NO_TEXT,
    "cache_folder": NO_PLACE,
    "trust_remote_code": NO_FLAG,
    "revision": NO_TEXT,
    "local_files_only": NO_FLAG,
    "token": [*ODD, 5],
    "model_kwargs": NO_SETTINGS,
    "processor_kwargs": [*NO_SETTINGS, {"model_max_length": "9"}, {"padding_side": "up"}],
    "config_kwargs": NO_SETTINGS,
    "model_card_data": [5, Odd()],
    "backend": NO_TEXT,
    "strict": NO_FLAG,
    "verify": NO_FLAG,
}
ITS_CONSTRUCTOR = {
    "SentenceTransformer": {
        "truncate_dim": NO_COUNT,
        "similarity_fn_name": NO_TEXT,
        "pooling": NO_TEXT,
    },
    "SparseEncoder": {"max_active_dims": NO_COUNT, "similarity_fn_name": NO_TEXT},
    "CrossEncoder": {
        "num_labels": NO_COUNT,
        "max_length": NO_COUNT,
        "activation_fn": NO_FUNCTION,
    },
    "MultiVectorEncoder": {"similarity_fn_name": NO_TEXT},
}


@pytest.fixture(scope="module")
def models():
    return {
        kind: getattr(isomorph, kind)(path, backend="reference") for kind, path in MODELS.items()
    }


@pytest.fixture
def no_forward(monkeypatch):
    def forward(*_):
        raise AssertionError("something ran")

    monkeypatch.setattr(Runner, "forward", forward)


def refused(name, values, call):
    for value in values:
        with pytest.raises(InputError) as caught:
            call(value)
        told = str(caught.value)
        assert any(word in told for word in (name, name.capitalize(), "Similarity")), told
        assert len(told) < 300, told


@pytest.mark.parametrize("kind", MODELS)
def test_calls(kind, models, no_forward):
    model = models[kind]
    pairs = kind == "CrossEncoder"
    methods = [(model.predict, PAIRS)] if pairs else [(model.encode, TEXTS)]
    if pairs:
        methods.append((lambda _, **options: model.rank("a", TEXTS, **options), None))
    else:
        methods += [(model.encode_query, TEXTS), (model.encode_document, TEXTS)]
    for method, inputs in methods:
        for name, values in {**OF_ALL, **OWN[kind]}.items():
            if name in ("convert_to_numpy", "convert_to_tensor") and inputs is None:
                continue  # of no meaning to a ranking, which older programs pass
            refused(name, values, lambda value, n=name, m=method, i=inputs: m(i, **{n: value}))


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind != "CrossEncoder"])
def test_streams(kind, models, no_forward):
    model = models[kind]
    for name, values in {**OF_ALL, "window_size": [*NO_COUNT, None], **OWN[kind]}.items():
        if name not in ("return_report", "out", "chunk_size"):
            refused(name, values, lambda value, n=name: model.encode_iter(TEXTS, **{n: value}))


def test_rankings(models, no_forward):
    model = models["CrossEncoder"]
    odd = [None, 5, b"b", {"a": 1}, {"a"}, "a single document", Odd()]
    refused("top_k", [*ODD, True, -1, 2.0, "8"], lambda k: model.rank("a", TEXTS, top_k=k))
    refused("return_documents", NO_FLAG, lambda f: model.rank("a", TEXTS, return_documents=f))
    refused("documents", odd, lambda each: model.rank("a", each))
    refused("documents", odd, lambda each: model.rank_many(["a"], each))
    refused("documents", odd, lambda each: model.rank_many(["a"], [each]))
    refused("queries", odd, lambda each: model.rank_many(each, [TEXTS]))
    refused("Input 0", [5, None, b"b", {"a": 1}, Odd()], lambda query: model.rank(query, TEXTS))


@pytest.mark.parametrize("kind", MODELS)
def test_constructors(kind, monkeypatch):
    def loading(*_):
        raise AssertionError("something was loaded")

    monkeypatch.setattr(Pipeline, "runner", loading)
    for name, values in {**CONSTRUCTOR, **ITS_CONSTRUCTOR[kind]}.items():
        options = {} if name == "model_name_or_path" else {"model_name_or_path": MODELS[kind]}
        refused(
            name if name != "processor_kwargs" else "",
            values,
            lambda value, n=name, o=options: getattr(isomorph, kind)(**{**o, n: value}),
        )


@pytest.mark.parametrize("kind", MODELS)
def test_settings(kind, models):
    model = models[kind]
    for name, values in {
        "prompts": [*CONSTRUCTOR["prompts"], None],
        "default_prompt_name": NO_TEXT,
        "max_seq_length": NO_COUNT,
        **ITS_CONSTRUCTOR[kind],
    }.items():
        if name in ("pooling", "num_labels", "max_length"):
            continue
        before = getattr(model, name)
        refused(name, values, lambda value, n=name: setattr(model, n, value))
        assert getattr(model, name) == before


def test_the_rest_of_a_model(models, tmp_path):
    model = models["SentenceTransformer"]
    refused("include_prompt", NO_FLAG, model.set_pooling_include_prompt)
    refused("texts", [*NO_COUNT, None], model.peak_memory)
    refused("tokens", NO_COUNT, lambda value: model.peak_memory(1, value))
    refused("evaluator", [*NO_FUNCTION, None], model.evaluate)
    refused("path", NO_PLACE, model.save_pretrained)
    refused("create_model_card", NO_FLAG, lambda f: model.save(tmp_path / "a", None, f))
    refused("prompt", NO_TEXT, lambda value: model.preprocess(TEXTS, value))
    refused("inputs", [5, None, "a", b"a", {"a": 1}], model.preprocess)
    refused("repo_id", NO_TEXT, model.push_to_hub)
    refused(
        "target_devices", [5, "cpu", {"cpu"}, ["c p u"], [None]], model.start_multi_process_pool
    )
    refused("Device", NO_DEVICE, model.to)
    refused("dtype", [5, "int8", Odd()], lambda value: model.to(dtype=value))
    refused("top_k", NO_COUNT, lambda k: models["SparseEncoder"].decode(np.ones((1, 240)), top_k=k))


@pytest.mark.parametrize(
    "function",
    [
        util.cos_sim, util.dot_score, util.euclidean_sim, util.manhattan_sim,
        util.pairwise_cos_sim, util.pairwise_dot_score, util.pairwise_euclidean_sim,
        util.pairwise_manhattan_sim, util.pairwise_angle_sim, semantic_search,
    ],
)  # fmt: skip
def test_what_are_no_vectors(function):
    odd = [
        None,
        5,
        "x",
        b"b",
        {},
        {"a": 1},
        {1},
        1j,
        ["a"],
        [None],
        np.array(["a"]),
        Odd(),
        [[1], [1, 2]],
    ]
    refused("vectors", [each for each in odd if each != 5], lambda value: function(value, VECTORS))
    refused("vectors", [each for each in odd if each != 5], lambda value: function(VECTORS, value))
    with pytest.raises(InputError, match="Vectors are"):
        function(5, VECTORS)


def test_functions():
    for name in ("query_chunk_size", "corpus_chunk_size", "top_k"):
        refused(
            name, [*NO_COUNT, None], lambda v, n=name: semantic_search(VECTORS, VECTORS, **{n: v})
        )
        refused(
            name,
            [*NO_COUNT, None],
            lambda v, n=name: util.paraphrase_mining_embeddings(VECTORS, **{n: v}),
        )
    refused(
        "score_function",
        [*NO_FUNCTION, None],
        lambda v: semantic_search(VECTORS, VECTORS, score_function=v),
    )
    refused(
        "threshold", [*ODD, "x", None, float("nan")], lambda v: util.community_detection(VECTORS, v)
    )
    refused("min_community_size", NO_COUNT, lambda v: util.community_detection(VECTORS, 0.5, v))
    refused("truncate_dim", NO_COUNT, lambda v: util.truncate_embeddings(VECTORS, v))
    refused("max_active_dims", NO_COUNT, lambda v: util.select_max_active_dims(VECTORS, v))
    refused("precision", NO_TEXT, lambda v: quantize_embeddings(VECTORS, v))
    refused("chunk_elements", NO_COUNT, lambda v: util.maxsim([VECTORS], [VECTORS], None, None, v))
    refused("model", [5, "name", None, Odd()], lambda v: util.paraphrase_mining(v, TEXTS))


class LikeADevice:
    """As an engine's own object: not a text, but it prints as one."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


@pytest.mark.parametrize(
    "device", ["cpu", " CPU ", LikeADevice("cpu"), Device("cpu"), np.str_("cpu")]
)
@pytest.mark.parametrize("kind", MODELS)
def test_whatever_prints_as_a_device_is_one(kind, device, models):
    model = getattr(isomorph, kind)(MODELS[kind], backend="reference", device=device)
    inputs = PAIRS if kind == "CrossEncoder" else TEXTS
    ask = model.predict if kind == "CrossEncoder" else model.encode
    ask(inputs, device=device)
    model.to(device)
    assert model.device == Device("cpu")


def test_lists_of_devices_too(models):
    model = models["SentenceTransformer"]
    wanted = model.encode(TEXTS)
    devices = [LikeADevice("cpu")]
    with model.start_multi_process_pool(devices) as pool:
        np.testing.assert_allclose(model.encode(TEXTS, pool=pool), wanted, atol=1e-6)
    np.testing.assert_allclose(model.encode(TEXTS, device=devices), wanted, atol=1e-6)


def test_numbers_and_flags_of_numpy_are_as_good(models):
    model = models["SentenceTransformer"]
    found = model.encode(
        TEXTS,
        batch_size=np.int64(1),
        truncate_dim=np.uint8(7),
        normalize_embeddings=np.bool_(True),
        convert_to_numpy=1,
        show_progress_bar=None,
    )
    wanted = model.encode(TEXTS, batch_size=1, truncate_dim=7, normalize_embeddings=True)
    np.testing.assert_array_equal(found, wanted)


def test_positions_are_asked_like_names(models, no_forward):
    with pytest.raises(InputError, match="batch_size"):
        models["SentenceTransformer"].encode(TEXTS, None, None, 2.0)


def test_no_public_method_is_left_out():
    """Whoever has an argument of the table by name asks the table about it."""
    for kind in MODELS:
        for name, method in inspect.getmembers(getattr(isomorph, kind), inspect.isfunction):
            if name.startswith("_") and name != "__init__":
                continue
            parameters = set(inspect.signature(method).parameters) & set(RULES)
            handed_on = {"to", "cuda", "truncate_embeddings", "truncate_sentence_embeddings"}
            if parameters and name not in handed_on:
                assert hasattr(method, "__wrapped__"), (
                    f"{kind}.{name} does not ask about {parameters}"
                )


def test_signatures_stay_those_of_the_methods():
    assert list(inspect.signature(SentenceTransformer.encode).parameters)[:4] == [
        "self", "inputs", "prompt_name", "prompt",
    ]  # fmt: skip
    assert "device" in inspect.signature(BaseModel.__init__).parameters


def test_values_are_shown_short_whatever_they_are():
    for value in (
        5000 * "x",
        10**5000,
        Odd(),
        np.zeros(10**6),
        list(range(10**5)),
        {"a": 5000 * "x"},
    ):
        assert len(shown(value)) <= WIDTH
    assert shown("x") == "'x'"


def test_a_device_that_is_none_is_no_device_of_a_call():
    assert Placement.of(None, None, None).device is None


SAMPLES = [{"query": "a", "positive": ["b"], "negative": ["c"]}]
EVALUATORS = {
    "EmbeddingSimilarityEvaluator": {
        "sentences1": TEXTS,
        "sentences2": TEXTS,
        "scores": [0.1, 0.2],
    },
    "BinaryClassificationEvaluator": {"sentences1": TEXTS, "sentences2": TEXTS, "labels": [0, 1]},
    "TripletEvaluator": {"anchors": TEXTS, "positives": TEXTS, "negatives": TEXTS},
    "InformationRetrievalEvaluator": {
        "queries": {"q": "a"},
        "corpus": {"d": "b"},
        "relevant_docs": {"q": {"d"}},
    },
    "RerankingEvaluator": {"samples": SAMPLES},
    "ParaphraseMiningEvaluator": {
        "sentences_map": {"1": "a", "2": "b"},
        "duplicates_list": [("1", "2")],
    },
    "CrossEncoderRerankingEvaluator": {"samples": SAMPLES},
    "CrossEncoderCorrelationEvaluator": {"sentence_pairs": [PAIRS[0]] * 2, "scores": [0.1, 0.2]},
    "CrossEncoderClassificationEvaluator": {"sentence_pairs": [PAIRS[0]] * 2, "labels": [0, 1]},
}


@pytest.mark.parametrize("kind", EVALUATORS)
def test_evaluators(kind):
    make, good = getattr(isomorph.evaluation, kind), EVALUATORS[kind]
    make(**good)
    told = {"batch_size": NO_COUNT, "write_csv": NO_FLAG, "name": NO_TEXT, "at_k": NO_COUNT}
    odd = {name: [5, "x", Odd(), {1}] for name in good}
    for name, values in {**told, **odd}.items():
        if name in inspect.signature(make.__init__).parameters:
            refused(name, values, lambda value, n=name: make(**{**good, n: value}))
