"""Fewer vectors for each text: its tokens clustered by direction, each cluster replaced by its mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import FUNCTION, NUMBER, at_least, checking, one_of
from isomorph.errors import InputError
from isomorph.machine.optional import Library
from isomorph.modules.multi_vector_mask import tasks_of
from isomorph.postprocess.arrays import as_array
from isomorph.postprocess.vectors import normalize

Rows = NDArray[Any]


@runtime_checkable
class TokenPooling(Protocol):
    """What `MultiVectorEncoder.encode` takes as ``token_pooling``."""

    def applies_to(self, task: str | None) -> bool:
        """Whether texts of this task are pooled; None counts as a document."""

    def pool_one(self, embedding: Rows) -> Rows:
        """The vectors of one text (tokens, dim) -> (fewer, dim)."""


class _OfTexts:
    """What pooling by text does for many texts."""

    tasks: tuple[str, ...]

    def applies_to(self, task: str | None) -> bool:
        """Whether texts of this task are pooled; None counts as a document."""
        return (task or "document") in self.tasks

    def pool_one(self, embedding: Rows) -> Rows:
        """The vectors of one text (tokens, dim) -> (fewer, dim)."""
        raise NotImplementedError

    @checking(padding_side=one_of("left", "right"))
    def pool(
        self,
        embeddings: Sequence[Rows] | Rows,
        *,
        task: str | None = None,
        attention_mask: NDArray[Any] | None = None,
        padding_side: str = "right",
    ) -> Sequence[Rows] | Rows:
        """Fewer vectors for texts that `encode` has computed.

        Args:
            embeddings: a list of (tokens, dim), or a padded array (texts, tokens, dim).
            task: as which they were encoded. Those of a task that is not pooled come back as they are.
            attention_mask: (texts, tokens) of a padded array. None: rows of zeros at the padded side are no
                tokens.
            padding_side: where a padded array is padded.

        Returns:
            A list for a list, else a padded array.

        Raises:
            InputError: the embeddings, or the mask, have another shape.
        """
        if not self.applies_to(task):
            return embeddings
        if not hasattr(embeddings, "shape"):
            if attention_mask is not None:
                raise InputError("attention_mask is of a padded array, and embeddings are a list.")
            return [self.pool_one(_matrix(each)) for each in embeddings]
        stored = as_array(embeddings)
        if stored.ndim != 3:
            raise InputError(
                f"An array of embeddings is (texts, tokens, dim), not of shape {stored.shape}."
            )
        kept = [self.pool_one(each) for each in unpadded(stored, attention_mask, padding_side)]
        longest = max(map(len, kept), default=0)
        padded = np.zeros((len(kept), longest, stored.shape[2]), stored.dtype)
        for row, each in zip(padded, kept, strict=True):
            row[
                slice(len(each)) if padding_side == "right" else slice(longest - len(each), None)
            ] = each
        return padded


def unpadded(embeddings: Rows, mask: NDArray[Any] | None, side: str) -> list[Rows]:
    """The vectors (tokens, dim) of each text of a padded array (texts, tokens, dim).

    Raises:
        InputError: the mask has another shape.
    """
    if mask is not None:
        there = np.asarray(as_array(mask), bool)
        if there.shape != embeddings.shape[:2]:
            raise InputError(
                f"attention_mask has the shape {there.shape}, not {embeddings.shape[:2]} (texts, tokens)."
            )
        return [rows[kept] for rows, kept in zip(embeddings, there, strict=True)]
    found = []
    for rows in embeddings:
        real = np.flatnonzero(np.abs(rows).sum(-1))
        if not len(real):
            found.append(rows[:0])
        else:
            found.append(rows[: real[-1] + 1] if side == "right" else rows[real[0] :])
    return found


def _matrix(embedding: Any) -> Rows:
    rows = np.asarray(embedding)
    if rows.ndim != 2:
        raise InputError(f"The embeddings of a text are (tokens, dim), not of shape {rows.shape}.")
    return rows


class LambdaTokenPooling(_OfTexts):
    """A function of your own as token pooling. It lives in the program: no folder can hold it."""

    @checking(pool_fn=FUNCTION)
    def __init__(
        self, pool_fn: Callable[[Rows], Rows], *, tasks: str | Sequence[str] | None = None
    ) -> None:
        """Applies `pool_fn` to the float32 (tokens, dim) of each text of `tasks` (None: documents)."""
        self._function = pool_fn
        self.tasks = tasks_of(tasks)

    def pool_one(self, embedding: Rows) -> Rows:
        """The function's word on one text.

        Raises:
            InputError: the result is not (rows, dim).
        """
        pooled = np.asarray(self._function(embedding))
        if pooled.ndim != 2 or pooled.shape[1] != embedding.shape[1]:
            raise InputError(
                f"pool_fn made {pooled.shape} of vectors of shape {embedding.shape}; it must keep the "
                "second axis."
            )
        return pooled


class HierarchicalTokenPooling(_OfTexts):
    """Ward clustering of a text's token vectors by cosine distance; each cluster becomes its mean.

    `pool_factor` tokens become one on average. The first `num_protected_tokens` rows are kept. Needs
    scipy (scipy.cluster.hierarchy: linkage by Ward's method, cut into a number of clusters).
    """

    @checking(pool_factor=NUMBER, num_protected_tokens=at_least(0))
    def __init__(
        self,
        pool_factor: float = 1.0,
        *,
        num_protected_tokens: int = 1,
        normalize_embeddings: bool = True,
        tasks: str | Sequence[str] | None = None,
    ) -> None:
        """Vectors are normalised afterwards unless `normalize_embeddings` is False.

        `tasks` are those whose texts are pooled: a name, names, or None for documents.

        Raises:
            InputError: a factor below 1, or a negative number of protected tokens.
        """
        if pool_factor < 1:
            raise InputError(f"pool_factor must be >= 1, not {pool_factor:g}.")
        self.pool_factor = float(pool_factor)
        self.num_protected_tokens = num_protected_tokens
        self.normalize_embeddings = normalize_embeddings
        self.tasks = tasks_of(tasks)

    def pool_one(self, embedding: Rows) -> Rows:
        """The vectors of one text (tokens, dim) -> (protected + clusters, dim).

        Raises:
            Unsupported: scipy is not installed.
        """
        kept, rest = np.split(embedding, [min(self.num_protected_tokens, len(embedding))])
        wanted = max(1, int(len(rest) // self.pool_factor))
        if wanted < len(rest):
            embedding = np.concatenate([kept, _means(rest, _clusters(rest, wanted))])
        return normalize(embedding) if self.normalize_embeddings else embedding


CLUSTERS = Library("scipy", "Token pooling needs scipy")


def _clusters(rows: Rows, count: int) -> NDArray[np.int64]:
    """The cluster of each row, numbered from 0 without gaps."""
    hierarchy = CLUSTERS.module("cluster.hierarchy")
    upper = np.triu_indices(len(rows), 1)
    distances = np.clip(1 - (rows @ rows.T)[upper], 0, 2)
    tree = hierarchy.linkage(distances, method="ward")
    labels = hierarchy.fcluster(tree, t=count, criterion="maxclust")
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)


def _means(rows: Rows, clusters: NDArray[np.int64]) -> Rows:
    sums = np.zeros((int(clusters.max()) + 1, rows.shape[1]), rows.dtype)
    np.add.at(sums, clusters, rows)
    return np.asarray(sums / np.bincount(clusters)[:, None], rows.dtype)
