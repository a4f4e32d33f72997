"""The grid of calls that is made in sentence-transformers and here, as data.

A call is a class, a tiny model, a method and its arguments. It has a name of its own, under which its
outcome is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

PLAIN = "parity/models/bert-mean"
OLD = "parity/models/old-bert"
PROMPTS = "parity/models/prompts-default"
STATIC = "parity/models/static"
CHAIN = "parity/models/long-chain"
RERANKER = "parity/cross_encoders/models/bert-typed"
OLD_RERANKER = "parity/cross_encoders/models/bert-plain"
LABELS = "parity/cross_encoders/models/bert-three-labels"
LATE = "parity/multi_vector/models/modern"
EXPANDING = "parity/multi_vector/models/fixed"
PYLATE = "parity/multi_vector/models/pylate"
SPLADE = "parity/sparse/models/splade-max"
AUTO = "parity/sparse/models/auto-encoder"
FREE = "parity/sparse/models/inference-free"

TEXTS = [
    "The river carries small stones.",
    "",
    "12 boats & a harbour?",
    "sea " * 80,
    "naïve façade",
]
PAIRS = [["the river", "small stones"], ["a sea", ""], ["boats " * 40, "nets " * 40], ["", ""]]


@dataclass(frozen=True)
class Call:
    """One call. `wrap` names what its inputs are put into first: tuple, array or nothing."""

    kind: str
    model: str
    method: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    wrap: str = ""
    construct: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Readable, and different for every call."""
        shown = [_shown(value) for value in self.arguments]
        shown += [f"{key}={_shown(value)}" for key, value in self.options.items()]
        made = ", ".join(f"{key}={_shown(value)}" for key, value in self.construct.items())
        place = self.model.rsplit("/", 1)[-1]
        wrapped = f" as {self.wrap}" if self.wrap else ""
        return f"{self.kind}({place}{', ' if made else ''}{made}).{self.method}({', '.join(shown)}){wrapped}"


def _shown(value: Any) -> str:
    text = {"TEXTS": TEXTS, "PAIRS": PAIRS}
    for name, known in text.items():
        if value == known:
            return name
    shown = repr(value)
    return shown if len(shown) < 60 else f"{shown[:40]}…{len(shown)}"


def calls() -> tuple[Call, ...]:
    """Every call of the grid, each once."""
    parts = (_dense, _scores, _late, _sparse, _facts, _comparisons)
    found = {call.name: call for part in parts for call in part()}
    return tuple(found.values())


ONE_TEXT = "The river carries small stones."
INPUTS = (ONE_TEXT, "", [ONE_TEXT], TEXTS, [])
BAD_INPUTS = (None, [None], [3], [b"bytes"], 3, [["a"]])
TYPES = ({}, {"convert_to_numpy": False}, {"convert_to_tensor": True})
BAD_OPTIONS = (
    {"batch_size": 0},
    {"batch_size": -1},
    {"prompt_name": "no_such"},
    {"no_such_option": 1},
)


def _dense() -> Iterator[Call]:
    kind = "SentenceTransformer"
    for model, inputs, types in product((PLAIN, OLD, STATIC, CHAIN, PROMPTS), INPUTS, TYPES):
        yield Call(kind, model, "encode", (inputs,), types)
    for wrap in ("tuple", "array"):
        yield Call(kind, PLAIN, "encode", (TEXTS,), {}, wrap)
    for options in (
        *({"precision": name} for name in ("float32", "int8", "uint8", "binary", "ubinary", "no")),
        {"normalize_embeddings": True},
        {"truncate_dim": 8},
        {"truncate_dim": 8, "normalize_embeddings": True},
        {"truncate_dim": 4000},
        {"batch_size": 2},
        {"prompt": "a prompt: "},
        {"prompt": ""},
        {"output_value": "token_embeddings"},
        {"output_value": "no_such"},
        {"show_progress_bar": False},
        {"truncate_dim": 0},
        {"device": "cpu"},
        {"precision": None},
        {"precision": "uint8", "convert_to_tensor": True},
        {"precision": "ubinary", "truncate_dim": 8, "normalize_embeddings": True},
        {"normalize_embeddings": True, "convert_to_tensor": True},
        {"prompt": "a: ", "prompt_name": "no_such"},
        {"task": "query"},
        {"precision": "int8", "output_value": "token_embeddings"},
        {"precision": "ubinary", "output_value": "token_embeddings"},
        {"convert_to_numpy": False, "precision": "binary"},
        {"convert_to_tensor": True, "truncate_dim": 8, "normalize_embeddings": True},
        *BAD_OPTIONS,
    ):
        yield Call(kind, PLAIN, "encode", (TEXTS,), options)
    yield Call(kind, PLAIN, "encode", (TEXTS[:2],), {"output_value": None})
    yield Call(kind, PLAIN, "encode", (ONE_TEXT,), {"precision": "binary"})
    yield Call(kind, PLAIN, "encode", (ONE_TEXT,), {"output_value": "token_embeddings"})
    yield Call(kind, PLAIN, "encode", ([],), {"output_value": "token_embeddings"})
    yield Call(kind, PLAIN, "encode", (), {"sentences": TEXTS})
    for inputs in BAD_INPUTS:
        yield Call(kind, PLAIN, "encode", (inputs,))
    for method, model in product(("encode_query", "encode_document"), (PLAIN, PROMPTS)):
        yield Call(kind, model, method, (TEXTS,))
        yield Call(kind, model, method, (ONE_TEXT,), {"prompt": "own: "})
    yield Call(kind, PLAIN, "encode", (TEXTS,), {}, "", {"truncate_dim": 8})
    yield Call(kind, PLAIN, "encode", (TEXTS,), {"prompt_name": "q"}, "", {"prompts": {"q": "a: "}})
    yield Call(kind, PLAIN, "encode", (TEXTS,), {}, "", {"default_prompt_name": "no_such"})
    yield Call(kind, PLAIN, "encode", (TEXTS,), {}, "", {"similarity_fn_name": "no_such"})


RANKS = ({"batch_size": 1}, {"prompt": "rank: "}, {"convert_to_tensor": True}, {"top_k": 9})


def _scores() -> Iterator[Call]:
    kind = "CrossEncoder"
    for model, inputs, types in product(
        (RERANKER, OLD_RERANKER, LABELS), (PAIRS[0], PAIRS, [], [PAIRS[0]]), TYPES
    ):
        yield Call(kind, model, "predict", (inputs,), types)
    yield Call(kind, RERANKER, "predict", (PAIRS,), {}, "array")
    for options in (
        {"apply_softmax": True},
        {"batch_size": 1},
        {"prompt": "rank: "},
        *BAD_OPTIONS,
    ):
        yield Call(kind, RERANKER, "predict", (PAIRS,), options)
        yield Call(kind, LABELS, "predict", (PAIRS,), options)
    yield Call(
        kind, LABELS, "predict", (PAIRS,), {"apply_softmax": True, "convert_to_tensor": True}
    )
    yield Call(kind, LABELS, "predict", (PAIRS[0],), {"apply_softmax": True})
    yield Call(kind, RERANKER, "predict", (), {"sentences": PAIRS})
    for inputs in (None, [None], [["a", None]], ["a"], ["a", "b", "c"], [["a"]]):
        yield Call(kind, RERANKER, "predict", (inputs,))
    documents = ["small stones", "", "the sea", "small stones"]
    for options in (
        {},
        {"top_k": 2},
        {"top_k": 0},
        {"return_documents": True},
        {"no_such": 1},
        *RANKS,
    ):
        yield Call(kind, RERANKER, "rank", ("the river", documents), options)
    yield Call(kind, RERANKER, "rank", ("the river", []))
    yield Call(kind, LABELS, "rank", ("the river", documents))
    yield Call(kind, RERANKER, "predict", (PAIRS,), {}, "", {"max_length": 12})
    yield Call(kind, RERANKER, "predict", (PAIRS,), {}, "", {"num_labels": 1})


def _late() -> Iterator[Call]:
    kind = "MultiVectorEncoder"
    methods = ("encode", "encode_query", "encode_document")
    for model, method, inputs in product((LATE, EXPANDING, PYLATE), methods, (ONE_TEXT, TEXTS, [])):
        yield Call(kind, model, method, (inputs,), {"convert_to_numpy": True})
    for options in (
        {"normalize_embeddings": True},
        {"output_value": "no_such"},
        {"batch_size": 2},
        {"prompt": "a prompt: "},
        {"task": "query"},
        {"task": "document"},
        {"device": "cpu"},
        *BAD_OPTIONS,
    ):
        yield Call(kind, LATE, "encode", (TEXTS,), {"convert_to_numpy": True, **options})
    for inputs in (None, [None], [3]):
        yield Call(kind, LATE, "encode", (inputs,), {"convert_to_numpy": True})


def _sparse() -> Iterator[Call]:
    kind = "SparseEncoder"
    forms = ({}, {"convert_to_sparse_tensor": False}, {"convert_to_tensor": True})
    for model, inputs, options in product((SPLADE, AUTO), INPUTS, forms):
        yield Call(kind, model, "encode", (inputs,), options)
    for options in (
        {"max_active_dims": 3},
        {"max_active_dims": 0},
        {"batch_size": 2},
        {"save_to_cpu": True},
        {"prompt": "a prompt: "},
        {"device": "cpu"},
        *BAD_OPTIONS,
    ):
        yield Call(kind, SPLADE, "encode", (TEXTS,), options)
    for inputs in BAD_INPUTS:
        yield Call(kind, SPLADE, "encode", (inputs,))
    for method, model in product(("encode_query", "encode_document"), (SPLADE, FREE)):
        yield Call(kind, model, method, (TEXTS,))
    for made in ({"max_active_dims": 5}, {"max_active_dims": 0}, {"similarity_fn_name": "maxsim"}):
        yield Call(kind, SPLADE, "encode", (TEXTS,), {}, "", made)


def _facts() -> Iterator[Call]:
    models = {
        "SentenceTransformer": (PLAIN, OLD, CHAIN, PROMPTS),
        "CrossEncoder": (RERANKER, OLD_RERANKER, LABELS),
        "MultiVectorEncoder": (LATE, PYLATE),
        "SparseEncoder": (SPLADE, AUTO, FREE),
    }
    for kind, folders in models.items():
        for model in folders:
            for fact in ("max_seq_length", "prompts", "default_prompt_name", "modalities"):
                yield Call(kind, model, fact)
            yield Call(kind, model, "get_max_seq_length")
            yield Call(kind, model, "get_model_kwargs")
            for modality in ("text", "image"):
                yield Call(kind, model, "supports", (modality,))
            for inputs in ("a", ["a", "b"], [["a", "b"]], []):
                yield Call(kind, model, "is_singular_input", (inputs,))
    for model in models["SentenceTransformer"]:
        yield Call("SentenceTransformer", model, "get_embedding_dimension")
        yield Call("SentenceTransformer", model, "get_sentence_embedding_dimension")
        yield Call("SentenceTransformer", model, "similarity_fn_name")
    for model in models["SparseEncoder"]:
        for fact in ("max_active_dims", "get_embedding_dimension"):
            yield Call("SparseEncoder", model, fact)
    for model in models["CrossEncoder"]:
        yield Call("CrossEncoder", model, "num_labels")


def _comparisons() -> Iterator[Call]:
    vectors = [[0.5, -1.0, 2.0], [0.0, 0.0, 0.0]]
    for name in ("cosine", "dot", "euclidean", "manhattan"):
        made = {"similarity_fn_name": name}
        for method in ("similarity", "similarity_pairwise"):
            yield Call("SentenceTransformer", PLAIN, method, (vectors, vectors), {}, "arrays", made)
            yield Call("SentenceTransformer", PLAIN, method, (vectors, vectors), {}, "", made)
        for pair in ((vectors[:1], vectors), (vectors, vectors[0])):
            yield Call("SentenceTransformer", PLAIN, method, pair, {}, "arrays", made)
        yield Call("SparseEncoder", SPLADE, "similarity", (vectors, vectors[0]), {}, "arrays", made)
    tokens = [[[0.5, -1.0], [1.0, 0.0]], [[2.0, 0.5], [0.5, 0.5]]]
    for name, method in product(("maxsim", "meanmaxsim"), ("similarity", "similarity_pairwise")):
        made = {"similarity_fn_name": name}
        yield Call("MultiVectorEncoder", LATE, method, (tokens, tokens), {}, "arrays", made)
    yield Call("MultiVectorEncoder", LATE, "similarity_fn_name")
    yield Call("MultiVectorEncoder", LATE, "encode", ("a",), {}, "", {"similarity_fn_name": "dot"})
