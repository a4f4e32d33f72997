"""Scores between content and relative positions, as a bias of attention, in primitives."""

from __future__ import annotations

from typing import Any

import numpy as np

from isomorph.encoders.description import Attention, Linear
from isomorph.encoders.distances import FARTHEST, log_buckets
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.rare import Disentangled
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref


class Disentangling:
    """The bias of each block; which position vector a distance takes is shared by all of them."""

    def __init__(self, weights: EncoderWeights, mask: Ref) -> None:
        self._weights = weights
        self._mask = mask
        self._made: dict[Any, Ref] = {}

    def __call__(self, spec: Attention, q: Ref, k: Ref, scale: float, distances: Ref) -> Ref:
        """What positions add to the scores of q and k (B, T, H): (B, heads, T, T).

        Content to position is scale q_i . key(p_ij), position to content scale k_j . query(p_ij),
        with p_ij the vector for i - j. `distances` (T, T) are key position minus query position.
        """
        positions = spec.disentangled
        assert positions is not None
        total: Ref | None = None
        if positions.content_to_position:
            scores = self._scores(spec, q, positions.key or spec.key, scale)
            total = ops.gather_elements(scores, self._index(spec, distances, of_keys=False))
        if positions.position_to_content:
            scores = self._scores(spec, k, positions.query or spec.query, scale)
            # Each key has a row of vectors for its queries: (B, heads, keys, queries).
            picked = ops.gather_elements(scores, self._index(spec, distances, of_keys=True))
            added = ops.transpose(picked, (0, 1, 3, 2))
            total = added if total is None else total + added
        assert total is not None, "Disentangled without a term"
        return total

    def _scores(self, spec: Attention, x: Ref, projection: Linear, scale: float) -> Ref:
        """x (B, T, H) against every position vector, (B, heads, T, 2 span)."""
        assert spec.disentangled is not None
        vectors = (
            self._weights.linear(projection, self._vectors(spec.disentangled, projection.inputs))
            * scale
        )
        split = ops.reshape(vectors, (0, spec.heads, -1))
        content = ops.reshape(x, (0, 0, spec.heads, -1))
        return ops.matmul(
            ops.transpose(content, (0, 2, 1, 3)),
            ops.unsqueeze(ops.transpose(split, (1, 2, 0)), 0),
        )

    def _vectors(self, spec: Disentangled, width: int) -> Ref:
        """The (2 span, width) vectors of positions, normalised once for all blocks."""
        key = (spec.table, spec.norm)
        if key not in self._made:
            table = self._weights(spec.table, (2 * spec.span, width))
            self._made[key] = table if spec.norm is None else self._weights.norm(spec.norm, table)
        return self._made[key]

    def _index(self, spec: Attention, distances: Ref, *, of_keys: bool) -> Ref:
        """Which vector each pair takes: rows are queries, or keys with `of_keys`."""
        positions = spec.disentangled
        assert positions is not None
        layout = (spec.heads, positions.span, positions.buckets, positions.max_distance)
        key = (*layout, of_keys)
        if key not in self._made:
            steps = np.arange(-FARTHEST, FARTHEST + 1)
            if positions.buckets:
                steps = log_buckets(steps, positions.buckets, positions.max_distance)
            rows = np.clip(steps + positions.span, 0, 2 * positions.span - 1)
            # Row r and column c of the distances hold c - r: with keys as rows, query minus key.
            at = distances + self._constant(np.array([FARTHEST]))
            index = ops.embedding(self._constant(rows), at)
            if not of_keys:
                index = ops.transpose(index, (1, 0))
            self._made[key] = index + self._zeros(spec.heads)
        return self._made[key]

    def _zeros(self, heads: int) -> Ref:
        """int64 zeros (B, heads, 1, 1), which give an index the leading axes of the scores."""
        key = ("zeros", heads)
        if key not in self._made:
            none = ops.reduce(self._mask, "sum", axis=1, keepdims=True) * self._constant(
                np.array([0])
            )
            rows = ops.unsqueeze(ops.unsqueeze(none, 2), 3)
            self._made[key] = rows + self._constant(np.zeros((1, heads, 1, 1), np.int64))
        return self._made[key]

    def _constant(self, value: Any) -> Ref:
        return self._mask.builder.constant(value)
