"""Parts without weights, which their settings describe in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, InitVar, dataclass
from typing import Any

from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.modules import (
    dropout,
    logit_score,
    multi_vector_mask,
    normalize,
    pooling,
    splade_pooling,
    token_pooling,
)
from isomorph.parts.part import Described, under_old_names


@under_old_names(word_embedding_dimension="embedding_dimension")
@dataclass(frozen=True)
class Pooling(Described):
    """Token vectors to one vector a text.

    Attributes:
        embedding_dimension: the width of the token vectors.
        pooling_mode: mean, cls, max, lasttoken, weightedmean or mean_sqrt_len_tokens; of a tuple or
            list of several the vectors are joined.
        include_prompt: whether the tokens of the prompt count.

    The flags behind them are the old way to name modes; with another mode than the mean they count for
    nothing, as in sentence-transformers.

    Raises:
        InputError: there is no such mode.
    """

    _kind = pooling.KIND
    embedding_dimension: int
    pooling_mode: str | Sequence[str] = "mean"
    include_prompt: bool = True
    _: KW_ONLY
    pooling_mode_cls_token: InitVar[bool] = False
    pooling_mode_max_tokens: InitVar[bool] = False
    pooling_mode_mean_tokens: InitVar[bool] = False
    pooling_mode_mean_sqrt_len_tokens: InitVar[bool] = False
    pooling_mode_weightedmean_tokens: InitVar[bool] = False
    pooling_mode_lasttoken: InitVar[bool] = False

    def __post_init__(self, *flags: bool) -> None:
        flagged = [mode for mode, on in zip(pooling.FLAGGED, flags, strict=True) if on]
        asked = flagged if flagged and self.pooling_mode == "mean" else self.pooling_mode
        modes = (asked,) if isinstance(asked, str) else tuple(asked)
        for mode in modes:
            if mode not in pooling.MODES:
                raise InputError(
                    f"Invalid pooling mode: pooling_mode {shown(mode)} is not one of "
                    f"{sorted(pooling.MODES)}."
                )
        if not modes:
            raise InputError("pooling_mode is empty; the mean is 'mean'.")
        object.__setattr__(self, "pooling_mode", modes if modes[1:] else modes[0])

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
    """Vectors to vectors of length 1.

    Attributes:
        module_input_name: what it reads.
        module_output_name: what it writes; None the same.
    """

    _kind = normalize.KIND
    module_input_name: str = "sentence_embedding"
    module_output_name: str | None = None

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "module_input_name": self.module_input_name,
            "module_output_name": self.module_output_name or self.module_input_name,
        }


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


@under_old_names(word_embedding_dimension="embedding_dimension")
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


@dataclass(frozen=True)
class LogitScore(Described):
    """The scores of words at the last token to one score a pair.

    Attributes:
        true_token_id: the id of the word that says yes.
        false_token_id: the id of the word that says no; None for none.
        module_input_name: what it reads.
    """

    _kind = logit_score.KIND
    true_token_id: int
    false_token_id: int | None = None
    module_input_name: str = "causal_logits"

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "true_token_id": self.true_token_id,
            "false_token_id": self.false_token_id,
            "module_input_name": self.module_input_name,
        }


@dataclass(frozen=True)
class HierarchicalTokenPooling(Described):
    """Fewer vectors a text: those that are alike become their mean.

    Attributes:
        pool_factor: how many times fewer.
        num_protected_tokens: how many leading vectors stay as they are.
        normalize_embeddings: whether the means get length 1.
        tasks: the tasks in which vectors become fewer.
    """

    _kind = token_pooling.KIND
    pool_factor: float = 1.0
    num_protected_tokens: int = 1
    normalize_embeddings: bool = True
    tasks: str | Sequence[str] = ("document",)

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "pool_factor": self.pool_factor,
            "num_protected_tokens": self.num_protected_tokens,
            "normalize_embeddings": self.normalize_embeddings,
            "tasks": self.tasks if isinstance(self.tasks, str) else list(self.tasks),
        }
