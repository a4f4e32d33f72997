"""Evaluators with small data and models of fixed vectors, for the recorder and for the tests.

Imports neither library, so that both can run what is here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import numpy as np

DIM = 16


def vector(text: str) -> np.ndarray:
    """A vector that the last letter changes little."""
    random = np.random.default_rng(crc32(text[:-1].encode()))
    near = np.random.default_rng(crc32(text.encode()))
    return (random.normal(size=DIM) + near.normal(size=DIM) / 4).astype(np.float32)


def vectors(texts: list[str]) -> np.ndarray:
    return np.stack([vector(text) for text in texts])


class FixedVectors:
    """Answers like a SentenceTransformer; queries are shifted, so that a mix-up shows."""

    def __init__(
        self,
        quantize: Callable[..., Any],
        similarity: Callable[..., Any],
        convert: Callable[..., Any] = np.asarray,
        halves: bool = False,
    ) -> None:
        """With `halves`, numbers whose products are exact, so that equal scores are equal anywhere."""
        self.quantize, self.similarity, self.convert = quantize, similarity, convert
        self.halves = halves
        self.similarity_fn_name = "dot" if halves else "cosine"
        self.model_card_data = SimpleNamespace(set_evaluation_metrics=lambda *_, **__: None)

    def encode(self, inputs: list[str], shift: float = 0.0, **options: Any) -> Any:
        found = vectors(list(inputs)) + np.float32(shift)
        found = np.round(found * 2) / 2 if self.halves else found
        found = found[:, : options.get("truncate_dim")]
        if options.get("normalize_embeddings"):
            found = found / np.linalg.norm(found, axis=1, keepdims=True)
        if options.get("precision"):
            found = self.quantize(found, precision=options["precision"])
        if options.get("convert_to_numpy") is False:
            return [self.convert(row) for row in found]
        return self.convert(found) if options.get("convert_to_tensor") else found

    def eval(self) -> None:
        """Nothing: it runs."""

    def encode_query(self, inputs: list[str], **options: Any) -> Any:
        return self.encode(inputs, 0.25, **options)

    def encode_document(self, inputs: list[str], **options: Any) -> Any:
        return self.encode(inputs, **options)


class FixedWeights(FixedVectors):
    """Answers like a SparseEncoder: the small numbers of a vector are zeros."""

    def __init__(
        self,
        similarity: Callable[..., Any],
        convert: Callable[..., Any],
        sparse: Callable[..., Any],
        sparsity: Callable[..., Any],
    ) -> None:
        super().__init__(None, similarity, convert)
        self.sparse, self.sparsity, self.similarity_fn_name = sparse, sparsity, "dot"

    def encode(self, inputs: list[str], shift: float = 0.0, **options: Any) -> Any:
        found = vectors(list(inputs)) + np.float32(shift)
        least = -np.sort(-np.abs(found), axis=1)[:, (options.get("max_active_dims") or 6) - 1, None]
        found = np.where(np.abs(found) >= least, found, 0)
        if options.get("convert_to_sparse_tensor") is False:
            return self.convert(found)
        found = self.sparse(found)
        return list(found) if options.get("convert_to_tensor") is False else found


class FixedScores:
    """Answers like a CrossEncoder."""

    def __init__(self, num_labels: int) -> None:
        self.num_labels = num_labels
        self.model_card_data = SimpleNamespace(set_evaluation_metrics=lambda *_, **__: None)

    def predict(self, inputs: list[Any], **options: Any) -> np.ndarray:
        assert all(len(pair) == 2 for pair in inputs)
        rows = [np.random.default_rng(crc32("|".join(pair).encode())) for pair in inputs]
        scores = np.array([row.random(self.num_labels) for row in rows], np.float32)
        return scores[:, 0] if self.num_labels == 1 else scores


RANDOM = np.random.default_rng(7)
LEFT = [f"text {i} a" for i in range(120)]
RIGHT = [f"text {i if i % 3 else i + 1} b" for i in range(120)]
PAIRS = list(zip(LEFT, RIGHT, strict=True))
GOLD = np.round(RANDOM.random(120), 1).tolist()
LABELS = [int(i % 3 != 0) for i in range(120)]
ALL = ["cosine", "dot", "euclidean", "manhattan"]
CORPUS = {f"d{i:03}": f"text {i} a" for i in range(150)}
QUERIES = {f"q{i}": f"text {i} b" for i in range(40)}
RELEVANT = {
    f"q{i}": {f"d{i:03}", *(f"d{j:03}" for j in RANDOM.integers(0, 160, i % 4))} for i in range(38)
}
RELEVANT["q39"] = set()
SAMPLES = [
    {
        "query": f"text {i} b",
        "positive": [f"text {i} a", f"text {i + 50} c"][: 1 + i % 2],
        "negative": [f"text {j} a" for j in range(i + 1, i + 14)],
    }
    for i in range(20)
]
SAMPLES.append({"query": "text 0 b", "positive": [], "negative": ["text 1 a"]})
RANKED = [
    {
        "query": f"text {i} b",
        "positive": [f"text {i} a", f"text {i + 50} c"],
        "documents": [f"text {j} a" for j in range(i - 3 * (i % 3), i + 9)] if i % 5 else ["other"],
    }
    for i in range(3, 20)
]
SENTENCES = {f"s{i}": f"text {i % 40} {'abc'[i // 40]}" for i in range(100)}
DUPLICATES = [(f"s{i}", f"s{i + 40}") for i in range(50)] + [("s1", "missing")]
KINDS = [i % 3 for i in range(120)]

EVALUATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "sts": (
        "EmbeddingSimilarityEvaluator",
        {"sentences1": LEFT, "sentences2": RIGHT, "scores": GOLD, "name": "dev"},
    ),
    "triplet": (
        "TripletEvaluator",
        {"anchors": LEFT, "positives": RIGHT, "negatives": LEFT[1:] + LEFT[:1], "name": "dev"},
    ),
    "binary": (
        "BinaryClassificationEvaluator",
        {"sentences1": LEFT, "sentences2": RIGHT, "labels": LABELS, "name": "dev"},
    ),
    "retrieval": (
        "InformationRetrievalEvaluator",
        {"queries": QUERIES, "corpus": CORPUS, "relevant_docs": RELEVANT, "name": "dev"},
    ),
    "reranking": ("RerankingEvaluator", {"samples": SAMPLES, "name": "dev"}),
    "mining": (
        "ParaphraseMiningEvaluator",
        {"sentences_map": SENTENCES, "duplicates_list": DUPLICATES, "name": "dev"},
    ),
    "pairs-correlation": (
        "CrossEncoderCorrelationEvaluator",
        {"sentence_pairs": PAIRS, "scores": GOLD, "name": "dev"},
    ),
    "pairs-binary": (
        "CrossEncoderClassificationEvaluator",
        {"sentence_pairs": PAIRS, "labels": LABELS, "name": "dev"},
    ),
    "pairs-kinds": (
        "CrossEncoderClassificationEvaluator",
        {"sentence_pairs": PAIRS, "labels": KINDS, "name": "dev"},
    ),
    "pairs-reranking": ("CrossEncoderRerankingEvaluator", {"samples": SAMPLES[:20], "name": "dev"}),
    "pairs-ranked": ("CrossEncoderRerankingEvaluator", {"samples": RANKED, "name": "dev"}),
}
EVALUATORS |= {
    "translation": (
        "TranslationEvaluator",
        {"source_sentences": LEFT[:60], "target_sentences": RIGHT[:60], "name": "dev"},
    ),
    "mse": (
        "MSEEvaluator",
        {"source_sentences": LEFT, "target_sentences": RIGHT, "teacher_model": ..., "name": "dev"},
    ),
    "mse-rows": (
        "MSEEvaluatorFromDataFrame",
        {
            "dataframe": [
                {"en": a, "de": b, "fr": "" if i % 3 else a[:-1] + "c"}
                for i, (a, b) in enumerate(PAIRS)
            ],
            "teacher_model": ...,
            "combinations": [("en", "de"), ("en", "fr")],
            "name": "dev",
        },
    ),
    "fusion": (
        "ReciprocalRankFusionEvaluator",
        {
            "dense_samples": [{**each, "query_id": i} for i, each in enumerate(RANKED)],
            "sparse_samples": [
                {**each, "query_id": i, "documents": [*each["documents"][::-2], f"text {i + 53} c"]}
                for i, each in enumerate(RANKED)
            ],
            "name": "dev",
        },
    ),
}
EVALUATORS |= {
    f"sparse-{name}": (
        f"Sparse{EVALUATORS[name][0]}", {**EVALUATORS[name][1], "max_active_dims": most}
    )
    for name, most in {
        "sts": None, "binary": 3, "triplet": None, "mse": 4, "translation": None, "retrieval": 5,
        "reranking": None,
    }.items()
}  # fmt: skip
WITHOUT_MODEL = ("fusion",)
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "sts-all": ("sts", {"similarity_fn_names": ALL, "name": ""}),
    "sts-main": ("sts", {"main_similarity": "dot", "similarity_fn_names": ALL}),
    "sts-int8": ("sts", {"precision": "int8"}),
    "sts-uint8": ("sts", {"precision": "uint8", "similarity_fn_names": ALL}),
    "sts-binary": ("sts", {"precision": "binary", "similarity_fn_names": ["dot", "manhattan"]}),
    "sts-ubinary": ("sts", {"precision": "ubinary", "similarity_fn_names": ["manhattan"]}),
    "sts-halves": ("sts", {"similarity_fn_names": ["dot", "manhattan"]}),
    "triplet-halves": ("triplet", {"similarity_fn_names": ["dot", "manhattan"]}),
    "binary-halves": ("binary", {"similarity_fn_names": ["dot", "manhattan"]}),
    "retrieval-halves": ("retrieval", {"corpus_chunk_size": 50}),
    "triplet-all": ("triplet", {"similarity_fn_names": ALL, "margin": 0.1, "name": ""}),
    "triplet-margins": ("triplet", {"similarity_fn_names": ["dot"], "margin": {"dot": 5.0}}),
    "binary-all": ("binary", {"similarity_fn_names": ALL, "truncate_dim": 12}),
    "binary-zeros": ("binary", {"labels": [0] * 120}),
    "binary-ones": ("binary", {"labels": [1] * 120}),
    "retrieval-deep": (
        "retrieval",
        {
            "mrr_at_k": [1, 200],
            "ndcg_at_k": [3, 200],
            "accuracy_at_k": [2],
            "precision_recall_at_k": [5, 200],
            "map_at_k": [7, 200],
            "corpus_chunk_size": 41,
            "write_predictions": True,
            "name": "",
        },
    ),
    "reranking-at-3": ("reranking", {"at_k": 3, "use_batched_encoding": False, "name": ""}),
    "mining-closure": ("mining", {"add_transitive_closure": True, "top_k": 3, "name": ""}),
    "mining-few": ("mining", {"max_pairs": 40}),
    "sparse-retrieval-chunks": ("sparse-retrieval", {"corpus_chunk_size": 41, "name": ""}),
    "pairs-ranked-as-found": ("pairs-ranked", {"always_rerank_positives": False, "at_k": 3}),
}
for _name, (_base, _changes) in VARIANTS.items():
    _cls, _arguments = EVALUATORS[_base]
    EVALUATORS[_name] = (_cls, {**_arguments, **_changes})


def asked(name: str, model: Any) -> tuple[str, dict[str, Any]]:
    """The class and the arguments of a case; where a teacher is wanted, the model is its own."""
    cls, arguments = EVALUATORS[name]
    return cls, {k: model if value is ... else value for k, value in arguments.items()}


def model_for(
    name: str,
    quantize: Any,
    cosine: Any,
    dot: Any,
    convert: Any = np.asarray,
    sparse: Any = None,
    sparsity: Any = None,
) -> FixedVectors | FixedScores:
    """The model that a case is run with."""
    if name.startswith("sparse"):
        return FixedWeights(dot, convert, sparse, sparsity)
    if name.startswith("pairs"):
        return FixedScores(3 if name == "pairs-kinds" else 1)
    halves = name.endswith("halves")
    return FixedVectors(quantize, dot if halves else cosine, convert, halves)
