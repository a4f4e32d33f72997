"""The functions on vectors under the name that programs for sentence-transformers import them from.

Nothing lives here: `from isomorph.util import semantic_search` is what users write, and each name is
imported from its home. The oldest name of `cos_sim`, ``pytorch_cos_sim``, warns and is it.
"""

from __future__ import annotations

from typing import Any

from isomorph.postprocess.active_dims import select_max_active_dims
from isomorph.postprocess.maxsim import maxsim, maxsim_pairwise, mean_maxsim, mean_maxsim_pairwise
from isomorph.postprocess.scores import (
    cos_sim,
    dot_score,
    euclidean_sim,
    manhattan_sim,
    pairwise_angle_sim,
    pairwise_cos_sim,
    pairwise_dot_score,
    pairwise_euclidean_sim,
    pairwise_manhattan_sim,
)
from isomorph.postprocess.similarity import SimilarityFunction
from isomorph.postprocess.vectors import (
    normalize_embeddings,
    quantize_embeddings,
    truncate_embeddings,
)
from isomorph.search.communities import community_detection
from isomorph.search.paraphrases import paraphrase_mining, paraphrase_mining_embeddings
from isomorph.search.semantic import semantic_search

__all__ = [
    "SimilarityFunction",
    "community_detection",
    "cos_sim",
    "dot_score",
    "euclidean_sim",
    "manhattan_sim",
    "maxsim",
    "maxsim_pairwise",
    "mean_maxsim",
    "mean_maxsim_pairwise",
    "normalize_embeddings",
    "pairwise_angle_sim",
    "pairwise_cos_sim",
    "pairwise_dot_score",
    "pairwise_euclidean_sim",
    "pairwise_manhattan_sim",
    "paraphrase_mining",
    "paraphrase_mining_embeddings",
    "quantize_embeddings",
    "select_max_active_dims",
    "semantic_search",
    "truncate_embeddings",
]


_NOT_HERE = {
    "mine_hard_negatives": "it prepares training data, and isomorph runs models",
    "semantic_search_faiss": "build an index of that library from the vectors that encode gives",
    "semantic_search_usearch": "build an index of that library from the vectors that encode gives",
    "http_get": "models are found by name; other files are for a library of the network",
    "batch_to_device": "calls take texts and place what they make of them",
}


def __getattr__(name: str) -> Any:
    if name in _NOT_HERE:
        raise AttributeError(f"module {__name__!r} has no {name!r}: {_NOT_HERE[name]}.")
    if name != "pytorch_cos_sim":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from warnings import warn

    warn(f"{name} is an old name; write cos_sim.", DeprecationWarning, stacklevel=2)
    return cos_sim
