"""Token pooling as programs call it: on tensors, of one text, of many, and as a module of a chain."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import normalize

import isomorph
from isomorph import parts
from isomorph.errors import InputError, Unsupported
from isomorph.modules.multi_vector_mask import tasks_of
from isomorph.postprocess.token_pooling import unpadded
from isomorph_dropin.faces.tensors import filled
from isomorph_dropin.modules.bases import Module

TOKENS, MASK = "token_embeddings", "attention_mask"


class BaseTokenPooling(Module, ABC):
    """Fewer vectors for each text of some tasks. Classes of your own say `pool_one`."""

    __module__ = "sentence_transformers.multi_vector_encoder.modules.token_pooling"
    tasks: Any

    def __init__(self, *, tasks: str | Sequence[str] | None = None) -> None:
        """Texts of `tasks` are pooled; None means documents."""
        self.tasks = list(tasks_of(tasks))

    def applies_to(self, task: str | None) -> bool:
        """Whether texts of this task are pooled; None counts as a document."""
        return (task or "document") in self.tasks

    @abstractmethod
    def pool_one(self, embedding: Any, **kwargs: Any) -> Any:
        """The vectors of one text (tokens, dim) -> (fewer, dim)."""

    def pool(
        self,
        embeddings: Any,
        *,
        task: str | None = None,
        attention_mask: Any = None,
        padding_side: str = "right",
    ) -> Any:
        """Fewer vectors for texts that `encode` has computed.

        Args:
            embeddings: a list of tensors (tokens, dim), or a padded tensor (texts, tokens, dim).
            task: as which they were encoded.
            attention_mask: (texts, tokens) of a padded tensor. None: zeros at the padded side are no tokens.
            padding_side: where a padded tensor is padded, and its result.

        Raises:
            ValueError: the embeddings have another shape, or there is no such side.
        """
        if not self.applies_to(task):
            return embeddings
        if isinstance(embeddings, list):
            if any(each.ndim != 2 for each in embeddings):
                raise InputError("list entries must be 2D tensors (tokens, dim).")
            return [self.pool_one(each) for each in embeddings]
        if not isinstance(embeddings, torch.Tensor):
            raise InputError("embeddings must be a list of 2D tensors or a 3D padded tensor.")
        if embeddings.ndim != 3:
            raise InputError(
                f"Tensor input must be 3D (B, T, D); got shape {tuple(embeddings.shape)}."
            )
        if padding_side not in ("left", "right"):
            raise InputError(f"padding_side must be 'left' or 'right', got {padding_side!r}.")
        return padded(
            [self.pool_one(e) for e in _rows(embeddings, attention_mask, padding_side)],
            padding_side,
            embeddings,
        )

    def forward(
        self, features: Mapping[str, Any], task: str | None = None, **kwargs: Any
    ) -> Mapping[str, Any]:
        """Features with fewer token vectors, padded on the right, and the mask of those that are left."""
        tokens = features[TOKENS]
        if not self.applies_to(task) or not len(tokens):
            return features
        kept = [self.pool_one(e) for e in _rows(tokens, features[MASK], "right")]
        made = padded(kept, "right", tokens)
        lengths = torch.tensor([len(each) for each in kept], device=tokens.device)
        mask = torch.arange(made.shape[1], device=tokens.device)[None] < lengths[:, None]
        return filled(features, {TOKENS: made, MASK: mask})


@dataclass(frozen=True)
class HierarchicalTokenPooling(BaseTokenPooling, parts.HierarchicalTokenPooling):
    """Fewer vectors a text: those that are alike become their mean."""

    __module__ = BaseTokenPooling.__module__

    def __post_init__(self) -> None:
        """Refuses what isomorph's own refuses."""
        self._pooling()
        object.__setattr__(self, "tasks", list(tasks_of(self.tasks)))

    def _pooling(self) -> isomorph.HierarchicalTokenPooling:
        settings = dict(self.settings())
        return isomorph.HierarchicalTokenPooling(settings.pop("pool_factor"), **settings)

    def pool_one(self, embedding: Any, **kwargs: Any) -> Any:
        """The vectors of one text (tokens, dim) -> (protected + clusters, dim)."""
        rows = embedding.detach().cpu().float().numpy()
        return torch.from_numpy(self._pooling().pool_one(rows)).to(embedding)

    def forward(
        self, features: Mapping[str, Any], task: str | None = None, **kwargs: Any
    ) -> Mapping[str, Any]:
        """As `BaseTokenPooling.forward`; a factor of 1 keeps the padding."""
        if self.pool_factor > 1:
            return super().forward(features, task, **kwargs)
        if not self.normalize_embeddings or not self.applies_to(task):
            return features
        tokens = features[TOKENS]
        return filled(features, {TOKENS: normalize(tokens.float(), dim=-1).to(tokens.dtype)})


class LambdaTokenPooling(BaseTokenPooling):
    """A function of your own: tensors (tokens, dim) -> (fewer, dim). No folder can hold it."""

    __module__ = BaseTokenPooling.__module__

    def __init__(
        self, pool_fn: Callable[[Any], Any], *, tasks: str | Sequence[str] | None = None
    ) -> None:
        """Applies `pool_fn` to the vectors of each text of `tasks` (None: documents)."""
        super().__init__(tasks=tasks)
        self.pool_fn = pool_fn

    def pool_one(self, embedding: Any, **kwargs: Any) -> Any:
        """The function's word on one text."""
        return self.pool_fn(embedding)

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Refuses: no folder can hold a function.

        Raises:
            Unsupported: always.
        """
        raise Unsupported("LambdaTokenPooling cannot be saved: its function lives in the program.")


class OnArrays:
    """A token pooling of tensors, as isomorph asks for one."""

    def __init__(self, pooling: Any) -> None:
        self._pooling = pooling

    def applies_to(self, task: str | None) -> bool:
        """Whether texts of this task are pooled."""
        return bool(self._pooling.applies_to(task))

    def pool_one(self, embedding: Any) -> Any:
        """The vectors of one text, float32 (tokens, dim) -> (fewer, dim)."""
        return np.asarray(self._pooling.pool_one(torch.from_numpy(embedding)).detach().cpu())


def padded(kept: Sequence[Any], side: str, like: Any) -> Any:
    """Rows of several lengths as one tensor, zeros at a side; on the device and in the type of another."""
    longest = max((len(each) for each in kept), default=0)
    made = like.new_zeros((len(kept), longest, like.shape[-1]))
    for row, each in zip(made, kept, strict=True):
        where = slice(len(each)) if side == "right" else slice(longest - len(each), None)
        row[where] = each
    return made


def _rows(tokens: Any, mask: Any, side: str) -> list[Any]:
    """The vectors of each text, as tensors."""
    if mask is not None:
        return [rows[kept] for rows, kept in zip(tokens, mask.bool(), strict=True)]
    lengths = [len(each) for each in unpadded(tokens.detach().cpu().float().numpy(), None, side)]
    return [
        rows[: n if side == "right" else None][0 if side == "right" else len(rows) - n :]
        for rows, n in zip(tokens, lengths, strict=True)
    ]
