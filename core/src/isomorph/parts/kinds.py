"""Parts without weights, which their settings describe in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isomorph.modules import dropout, multi_vector_mask, normalize, pooling, splade_pooling
from isomorph.parts.part import Described


@dataclass(frozen=True)
class Pooling(Described):
    """Token vectors to one vector a text.

    Attributes:
        embedding_dimension: the width of the token vectors.
        pooling_mode: mean, cls, max, lasttoken, weightedmean or mean_sqrt_len_tokens; of several
            the vectors are joined.
        include_prompt: whether the tokens of the prompt count.
    """

    _kind = pooling.KIND
    embedding_dimension: int
    pooling_mode: str | Sequence[str] = "mean"
    include_prompt: bool = True

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        one = isinstance(self.pooling_mode, str)
        return {
            "embedding_dimension": self.embedding_dimension,
            "pooling_mode": self.pooling_mode if one else list(self.pooling_mode),
            "include_prompt": self.include_prompt,
        }


@dataclass(frozen=True)
class Normalize(Described):
    """Vectors to vectors of length 1."""

    _kind = normalize.KIND

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds: nothing."""
        return {}


@dataclass(frozen=True)
class Dropout(Described):
    """Nothing when a model runs; kept for whoever trains it.

    Attributes:
        dropout: the share of features that training leaves out.
    """

    _kind = dropout.KIND
    dropout: float = 0.2

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {"dropout": self.dropout}


@dataclass(frozen=True)
class SpladePooling(Described):
    """Scores of words at every position to one weight a word.

    Attributes:
        pooling_strategy: max or sum.
        activation_function: relu or log1p_relu.
        embedding_dimension: the size of the vocabulary; None where the model says it.
    """

    _kind = splade_pooling.KIND
    pooling_strategy: str = "max"
    activation_function: str = "relu"
    embedding_dimension: int | None = None

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "pooling_strategy": self.pooling_strategy,
            "activation_function": self.activation_function,
            "embedding_dimension": self.embedding_dimension,
        }


@dataclass(frozen=True)
class MultiVectorMask(Described):
    """Which token vectors of a text count.

    Attributes:
        skiplist_words: tokens whose vectors are left out.
        skiplist_tasks: the tasks in which they are.
        keep_only_token_ids: the only ids whose vectors count, outside of queries; None for all.
    """

    _kind = multi_vector_mask.KIND
    skiplist_words: Sequence[str] = ()
    skiplist_tasks: Sequence[str] = ("document",)
    keep_only_token_ids: Sequence[int] | None = None

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        only, words = self.keep_only_token_ids, self.skiplist_words
        return {
            "skiplist_words": words if isinstance(words, str) else list(words),
            "skiplist_tasks": self.skiplist_tasks,
            "keep_only_token_ids": None if only is None else list(only),
        }
