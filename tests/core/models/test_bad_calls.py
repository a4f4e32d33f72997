"""A call that cannot be meant is refused before anything runs, by the same table for all four classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import isomorph
from isomorph import (
    HierarchicalTokenPooling,
    SimilarityFunction,
    quantize_embeddings,
    semantic_search,
    util,
)
from isomorph.errors import InputError, IsomorphError
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.plan import Runner

PARITY = Path(__file__).parents[2] / "parity"
MODELS = {
    "SentenceTransformer": PARITY / "models" / "bert-mean",
    "SparseEncoder": PARITY / "sparse" / "models" / "splade-max",
    "CrossEncoder": PARITY / "cross_encoders" / "models" / "bert-typed",
    "MultiVectorEncoder": PARITY / "multi_vector" / "models" / "modern",
}
TEXTS = ["the river", "small stones"]
PAIRS = [("the river", "small stones"), ("a sea", "")]
IMAGE = np.zeros((3, 8, 8), np.uint8)
WIDE, NARROW = np.ones((2, 32), np.float32), np.ones((2, 7), np.float32)
THREE = np.ones((3, 32), np.float32)
ENCODERS = ("SentenceTransformer", "SparseEncoder", "MultiVectorEncoder")
ENCODES = ("encode", "encode_query", "encode_document")

# What no method takes, as the part of the message that says what is wrong.
OPTIONS = [
    ("no_such_option", {"no_such_option": 1}),
    ("Prompt name 'no_such' not found", {"prompt_name": "no_such"}),
    ("batch_size", {"batch_size": 0}),
    ("batch_size", {"batch_size": -1}),
    ("on_long", {"on_long": "no_such"}),
    ("no_such", {"device": "no_such"}),
    ("'C P U'", {"device": "C P U"}),
]
# What is neither a text nor a pair of texts.
INPUTS = [
    (r"Input 0 is tuple .*takes texts", [("a", "b", "c")]),
    (r"Input 1 is str .*takes pairs of texts", [PAIRS[0], "a"]),
    (r"Input 1 is list .*takes texts", ["a", ["b", "c"]]),
    ("Input 0 is None", None),
    ("Input 1 is None", ["a", None]),
    ("Decode it first", b"bytes"),
    ("Input 0 is int", 7),
    ("Input 0 is ndarray", IMAGE),
    ("Input 0 is ndarray", [IMAGE]),
    ("Input 0 is dict", {"image": IMAGE}),
    ("Input 0 is dict", [{"array": IMAGE, "sampling_rate": 16000}]),
    ("Input 0 is list", [{"role": "user", "content": "a"}]),
    ("half of a surrogate pair", "\ud800"),
]
# For each class: what is wrong, method, arguments, options.
OWN = {
    "SentenceTransformer": [
        ("Precision 'int9'", "encode", (TEXTS,), {"precision": "int9"}),
        ("output_value 'no_such'", "encode", (TEXTS,), {"output_value": "no_such"}),
        ("truncate_dim", "encode", (TEXTS,), {"truncate_dim": 0}),
        ("truncate_dim", "encode", (TEXTS,), {"truncate_dim": -1}),
        ("32 and 7 features", "similarity", (WIDE, NARROW), {}),
        (r"\(2, 32\) and \(2, 7\)", "similarity_pairwise", (WIDE, NARROW), {}),
        (r"\(2, 32\) and \(3, 32\)", "similarity_pairwise", (WIDE, THREE), {}),
    ],
    "SparseEncoder": [
        ("max_active_dims", "encode", (TEXTS,), {"max_active_dims": 0}),
        ("max_active_dims", "encode", (TEXTS,), {"max_active_dims": -1}),
        ("top_k", "decode", (np.ones((1, 240), np.float32),), {"top_k": 0}),
        ("features a text, not 7", "decode", (NARROW,), {}),
        ("32 and 7 features", "similarity", (WIDE, NARROW), {}),
        (r"\(2, 32\) and \(2, 7\)", "similarity_pairwise", (WIDE, NARROW), {}),
        ("32", "intersection", (WIDE[0], NARROW), {}),
        ("takes one vector first", "intersection", (WIDE, WIDE), {}),
    ],
    "CrossEncoder": [
        ("takes pairs of texts", "predict", (None,), {}),
        ("takes pairs of texts", "predict", ("a single text",), {}),
        ("takes pairs of texts", "predict", (["one"],), {}),
        ("takes pairs of texts", "predict", (["a", "b", "c"],), {}),
        ("takes pairs of texts", "predict", ([("a", "b"), "c"],), {}),
        ("Input 0 is None", "predict", ([("a", None)],), {}),
        ("Input 0 is ndarray", "predict", ([("a", IMAGE)],), {}),
        ("takes pairs of texts", "predict", ({"image": IMAGE},), {}),
        ("one label", "predict", (PAIRS,), {"apply_softmax": True}),
        ("no_such", "predict", (PAIRS,), {"activation_fn": "no_such"}),
        ("top_k", "rank", ("a", TEXTS), {"top_k": -1}),
        ("documents", "rank", ("a", "a single document"), {}),
        ("Input 0 is list", "rank", (TEXTS, TEXTS), {}),
        ("Input 0 is None", "rank", (None, TEXTS), {}),
        ("2 queries, but 1", "rank_many", (TEXTS, [TEXTS]), {}),
        ("queries", "rank_many", ("a", [TEXTS]), {}),
        ("no_such_option", "rank", ("a", TEXTS), {"no_such_option": 1}),
    ],
    "MultiVectorEncoder": [
        (
            "output_value 'sentence_embedding'",
            "encode",
            (TEXTS,),
            {"output_value": "sentence_embedding"},
        ),
        ("32", "similarity", ([WIDE], [NARROW]), {}),
        ("32", "similarity_pairwise", ([WIDE], [NARROW]), {}),
        ("1, 2", "similarity_pairwise", ([WIDE], [WIDE, WIDE]), {}),
        ("token_pooling", "encode", (TEXTS,), {"token_pooling": "no_such"}),
    ],
}


def _calls():
    for kind in MODELS:
        method = "predict" if kind == "CrossEncoder" else "encode"
        good = PAIRS if kind == "CrossEncoder" else TEXTS
        for said, options in OPTIONS:
            yield kind, method, (good,), options, said
    for kind in ENCODERS:
        for method in ENCODES:
            for said, inputs in INPUTS:
                yield kind, method, (inputs,), {}, said
    for kind, rows in OWN.items():
        for said, method, arguments, options in rows:
            yield kind, method, arguments, options, said


@pytest.fixture(scope="module")
def models():
    return {kind: getattr(isomorph, kind)(path) for kind, path in MODELS.items()}


@pytest.fixture
def forwards(monkeypatch):
    """How many batches have run."""
    counted = []
    forward = Runner.forward

    def counting(self, feeds):
        counted.append(1)
        return forward(self, feeds)

    monkeypatch.setattr(Runner, "forward", counting)
    return counted


@pytest.mark.parametrize("kind", MODELS)
def test_a_good_call_is_counted(kind, models, forwards):
    method, good = ("predict", PAIRS) if kind == "CrossEncoder" else ("encode", TEXTS)
    getattr(models[kind], method)(good)
    assert forwards


@pytest.mark.parametrize(("kind", "method", "arguments", "options", "said"), list(_calls()))
def test_bad_calls_run_nothing(kind, method, arguments, options, said, models, forwards):
    with pytest.raises(IsomorphError, match=said):
        getattr(models[kind], method)(*arguments, **options)
    assert not forwards


@pytest.mark.parametrize(("task", "said"), [("no_such", "no_such"), (7, "7")])
def test_a_task_without_a_route_is_refused(task, said, forwards):
    model = isomorph.SentenceTransformer(PARITY / "routed" / "models" / "two-heads")
    with pytest.raises(IsomorphError, match=said):
        model.encode(TEXTS, task=task)
    assert not forwards


@pytest.mark.parametrize(
    ("name", "value"), [("max_seq_length", 0), ("max_seq_length", -1), ("max_seq_length", 10**9)]
)
@pytest.mark.parametrize("kind", MODELS)
def test_settings_are_checked(kind, name, value, models):
    before = getattr(models[kind], name)
    with pytest.raises(IsomorphError, match=name if value < 1 else "positions"):
        setattr(models[kind], name, value)
    assert getattr(models[kind], name) == before


@pytest.mark.parametrize("dim", [0, -1])
def test_a_width_is_checked_where_it_is_set(dim, models, forwards):
    model = models["SentenceTransformer"]
    with pytest.raises(IsomorphError, match="truncate_dim"), model.truncate_embeddings(dim):
        pass
    with pytest.raises(IsomorphError, match="truncate_dim"):
        model.truncate_dim = dim
    assert model.truncate_dim is None
    assert not forwards


@pytest.mark.parametrize("kind", ENCODERS)
def test_a_similarity_is_checked_where_it_is_set(kind, models):
    model = models[kind]
    before = model.similarity_fn_name
    with pytest.raises(IsomorphError, match="no_such"):
        model.similarity_fn_name = "no_such"
    assert model.similarity_fn_name == before == model.similarity_names[0]
    model.similarity_fn_name = SimilarityFunction(model.similarity_names[1])
    assert model.similarity_fn_name == model.similarity_names[1]
    model.similarity_fn_name = None
    assert model.similarity_fn_name == before


CONSTRUCTIONS = [
    *((kind, {"modules": []}, "modules") for kind in MODELS),
    *((kind, {}, "Say which model") for kind in MODELS),
    *((kind, {"no_such_option": 1}, "no_such_option") for kind in MODELS),
    *((kind, {"default_prompt_name": "no_such"}, "no_such") for kind in MODELS),
    *((kind, {"backend": "no_such"}, "no_such") for kind in MODELS),
    *((kind, {"device": "no_such"}, "no_such") for kind in MODELS),
    *((kind, {"prompts": {"query": 7}}, "query") for kind in MODELS),
    *((kind, {"prompts": "query: "}, "prompts") for kind in MODELS),
    *((kind, {"model_kwargs": {"dtype": "no_such"}}, "no_such") for kind in MODELS),
    *((kind, {"processor_kwargs": {"no_such": 1}}, "no_such") for kind in MODELS),
    *((kind, {"similarity_fn_name": "no_such"}, "no_such") for kind in ENCODERS),
    ("SentenceTransformer", {"similarity_fn_name": "maxsim"}, "maxsim"),
    ("MultiVectorEncoder", {"similarity_fn_name": "cosine"}, "cosine"),
    ("SentenceTransformer", {"truncate_dim": 0}, "truncate_dim"),
    ("SparseEncoder", {"max_active_dims": 0}, "max_active_dims"),
    ("CrossEncoder", {"num_labels": 3}, "num_labels=3"),
    ("CrossEncoder", {"max_length": 0}, "max_length"),
    ("CrossEncoder", {"activation_fn": "no_such"}, "no_such"),
]


@pytest.mark.parametrize(("kind", "options", "said"), CONSTRUCTIONS)
def test_bad_constructions_load_nothing(kind, options, said, monkeypatch):
    def loading(*_):
        raise AssertionError("something was loaded")

    monkeypatch.setattr(Pipeline, "runner", loading)
    where = () if said in ("modules", "Say which model") else (MODELS[kind],)
    with pytest.raises(
        (IsomorphError, TypeError), match=said
    ):  # an unknown name is Python's to refuse
        getattr(isomorph, kind)(*where, **options)


@pytest.mark.parametrize(
    ("function", "arguments", "options", "said"),
    [
        (semantic_search, (WIDE, WIDE), {"top_k": 0}, "top_k"),
        (semantic_search, (WIDE, WIDE), {"query_chunk_size": 0}, "query_chunk_size"),
        (semantic_search, (WIDE, WIDE), {"corpus_chunk_size": 0}, "corpus_chunk_size"),
        (semantic_search, (WIDE, NARROW), {}, "32 and 7"),
        (util.paraphrase_mining_embeddings, (WIDE,), {"top_k": 0}, "top_k"),
        (util.paraphrase_mining_embeddings, (WIDE,), {"corpus_chunk_size": 0}, "corpus_chunk_size"),
        (util.paraphrase_mining_embeddings, (WIDE,), {"max_pairs": 0}, "max_pairs"),
        (util.paraphrase_mining_embeddings, (WIDE,), {"query_chunk_size": 0}, "query_chunk_size"),
        (util.community_detection, (WIDE,), {"min_community_size": 0}, "min_community_size"),
        (util.community_detection, (WIDE,), {"batch_size": 0}, "batch_size"),
        (util.truncate_embeddings, (WIDE, 0), {}, "truncate_dim"),
        (util.select_max_active_dims, (WIDE, 0), {}, "max_active_dims"),
        (util.maxsim, ([WIDE], [NARROW]), {}, "32"),
        (util.cos_sim, (WIDE, NARROW), {}, "32 and 7"),
        (util.pairwise_dot_score, (WIDE, THREE), {}, "equal shapes"),
        (quantize_embeddings, (WIDE, "int9"), {}, "int9"),
        (quantize_embeddings, (WIDE.astype(np.int8), "int8"), {}, "already"),
        (quantize_embeddings, (WIDE, "int8"), {"ranges": NARROW}, "ranges"),
        (quantize_embeddings, (WIDE, "int8"), {"calibration_embeddings": NARROW}, "calibration"),
        (HierarchicalTokenPooling, (0,), {}, "pool_factor"),
    ],
)
def test_functions_refuse_too(function, arguments, options, said):
    with pytest.raises(IsomorphError, match=said):
        function(*arguments, **options)


@pytest.mark.parametrize("pool", [False, True])
def test_vectors_of_tokens_that_no_module_makes(pool):
    with isomorph.SentenceTransformer(PARITY / "models" / "static", backend="reference") as model:
        kwargs = {"pool": isomorph.DynamicBatcher()} if pool else {}
        with pytest.raises(InputError, match=r"makes no token_embeddings: its modules are static"):
            model.encode(TEXTS, output_value="token_embeddings", **kwargs)
        assert model.encode(TEXTS).shape[0] == 2
