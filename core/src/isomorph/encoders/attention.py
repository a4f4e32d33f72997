"""Self-attention in primitives: which positions see which, and what their distance adds.

What few encoders have is imported where it is lowered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.description import Attention, Norm
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.relations import Alibi, AxesRotary, PlaneRotary, RelativeBias, Rotary
from isomorph.machine.lazy import lazy
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref

if TYPE_CHECKING:
    from isomorph.encoders.disentangled import Disentangling


class Attending:
    """Attention of all blocks of one encoder: what depends on T alone is made once and shared.

    `mask` is 1 where a position is real, int64 of shape (B, T). `places` are positions along several axes,
    int64 (B, T, axes), and `windows` numbers of windows, int64 (B, T), for attention that asks for them.
    """

    def __init__(
        self,
        weights: EncoderWeights,
        mask: Ref,
        relative: RelativeBias | None,
        places: Ref | None = None,
        windows: Ref | None = None,
    ) -> None:
        self._weights = weights
        self.mask = mask
        self._places = places
        self._windows = windows
        self._relative = relative
        self._made: dict[Any, Ref] = {}

    def __call__(
        self, spec: Attention, x: Ref, memory: Ref | None = None, values: Ref | None = None
    ) -> Ref:
        """One block's attention on x (B, T, H), with its output projection.

        `memory` and `values` are as in `attended`.
        """
        seen = self.attended(spec, x, memory, values)
        if spec.inner is not None:
            seen = self._weights.norm(spec.inner, seen)
        return self._weights.linear(spec.output, seen)

    def attended(
        self, spec: Attention, x: Ref, memory: Ref | None = None, values: Ref | None = None
    ) -> Ref:
        """What positions of x (B, T, H) take of each other, before the output projection.

        Keys and values are those of `memory` (B, T, H), which is x where there is none; with `values`
        (B, T, features), only keys are.
        """
        kv_heads = spec.kv_heads or spec.heads
        q = self._weights.linear(spec.query, x)
        k = self._weights.linear(spec.key, memory or x)
        v = self._weights.linear(spec.value, values or memory or x)
        if spec.clip is not None:
            q, k, v = (self._clipped(x, spec.clip) for x in (q, k, v))
        q = self._normed(spec.query_norm, q, spec.query.outputs, spec.heads)
        k = self._normed(spec.key_norm, k, spec.key.outputs, kv_heads)
        if spec.rotary is not None:
            cos, sin = self._angles(spec.rotary)
            if not isinstance(spec.rotary, AxesRotary) and spec.rotary.interleaved:
                q, k = self._apart(q, spec.heads), self._apart(k, kv_heads)
            q = ops.rotary(q, cos, sin, heads=spec.heads)
            k = ops.rotary(k, cos, sin, heads=kv_heads)
        size = spec.query.outputs // spec.heads
        scale = size**-0.5 if spec.scale is None else spec.scale
        bias = self._bias(spec)
        if spec.gate is not None:
            from isomorph.encoders.gated import gated

            assert bias is not None, "a gate of nothing"
            bias = gated(spec, self._weights, x, bias)
        if spec.disentangled is not None:
            added = self._disentangling(spec, q, k, scale, self._distances())
            bias = added if bias is None else bias + added
        if spec.cap is not None:
            added = self._capped(spec, q, k, scale)
            bias = added if bias is None else added + bias
            q = q * 0.0  # so that the primitive's own product is 0 beside the capped one
        found = ops.attention(
            q, k, v, self.mask, bias, heads=spec.heads, kv_heads=kv_heads, scale=scale
        )
        if spec.first is None:
            return found
        from isomorph.encoders.first_position import overseen

        return overseen(
            spec.first, self._weights, self.mask, x, found, heads=spec.heads, scale=scale
        )

    @lazy
    def _disentangling(self) -> Disentangling:
        from isomorph.encoders.disentangled import Disentangling

        return Disentangling(self._weights, self.mask)

    def _capped(self, spec: Attention, q: Ref, k: Ref, scale: float) -> Ref:
        """cap tanh(scale q k^T / cap), (B, heads, T, T)."""
        assert spec.cap is not None
        kv_heads = spec.kv_heads or spec.heads
        split = ops.reshape(k, (0, 0, kv_heads, -1))
        if kv_heads != spec.heads:  # each serves several consecutive queries
            times = self._constant(np.ones((1, 1, 1, spec.heads // kv_heads, 1), np.float32))
            split = ops.reshape(ops.unsqueeze(split, 3) * times, (0, 0, spec.heads, -1))
        queries = ops.transpose(ops.reshape(q, (0, 0, spec.heads, -1)), (0, 2, 1, 3))
        scores = ops.matmul(queries, ops.transpose(split, (0, 2, 3, 1)))
        return ops.activation(scores * (scale / spec.cap), "tanh") * spec.cap

    def _normed(self, norm: Norm | None, x: Ref, width: int, heads: int) -> Ref:
        """x (B, T, width), all of it or each head normalised: the norm's size says which."""
        if norm is None:
            return x
        if norm.size == width:
            return self._weights.norm(norm, x)
        split = ops.reshape(x, (0, 0, heads, -1))
        return ops.reshape(self._weights.norm(norm, split), (0, 0, -1))

    def _clipped(self, x: Ref, limit: float) -> Ref:
        return ops.maximum(ops.maximum(x, -limit) * -1.0, -limit) * -1.0

    def _apart(self, x: Ref, heads: int) -> Ref:
        """The first of all pairs of a head, then the second ones.

        Queries and keys have the same order then, so that their products are what they were.
        """
        pairs = ops.transpose(ops.reshape(x, (0, 0, heads, -1, 2)), (0, 1, 2, 4, 3))
        return ops.reshape(pairs, (0, 0, -1))

    def _angles(self, rotary: Rotary | PlaneRotary | AxesRotary) -> tuple[Ref, Ref]:
        """cos and sin (T, R) or (B, T, R) of position times frequency, each frequency for both halves."""
        if ("cos", rotary) not in self._made:
            if isinstance(rotary, PlaneRotary):
                cos, sin = self._of_a_plane(rotary)
            elif isinstance(rotary, AxesRotary):
                cos, sin = self._of_axes(rotary)
            else:
                cos, sin = self._of_a_line(rotary)
            self._made["cos", rotary], self._made["sin", rotary] = cos, sin
        return self._made["cos", rotary], self._made["sin", rotary]

    def _of_a_plane(self, rotary: PlaneRotary) -> tuple[Ref, Ref]:
        from isomorph.encoders.vision.turning import plane_angles

        angles = plane_angles(rotary)
        return self._constant(np.cos(angles)), self._constant(np.sin(angles))

    def _of_a_line(self, rotary: Rotary) -> tuple[Ref, Ref]:
        frequencies = self._constant(np.array([rotary.frequencies * 2], np.float32))
        for name in rotary.stored:
            if self._weights.shape_of(name) is not None:
                found = self._weights(name, (len(rotary.frequencies),))
                frequencies = ops.unsqueeze(ops.concat([found, found], axis=0), 0)
                break
        positions = ops.cast(ops.arange(self.mask, axis=1), "float32")
        angles = ops.unsqueeze(positions, 1) * frequencies
        return self._scaled(angles, rotary.factor)

    def _of_axes(self, rotary: AxesRotary) -> tuple[Ref, Ref]:
        """Sums in which all terms but one are 0, so that every angle is one product."""
        assert self._places is not None, "positions along axes are fed"
        frequencies = np.array([each * 2 for each in rotary.frequencies], np.float32)
        places = ops.unsqueeze(ops.cast(self._places, "float32"), 3)
        angles = ops.reduce(places * self._constant(frequencies), "sum", axis=2)
        return self._scaled(angles, rotary.factor)

    def _scaled(self, angles: Ref, factor: float) -> tuple[Ref, Ref]:
        cos, sin = ops.cos(angles), ops.sin(angles)
        return (cos, sin) if factor == 1.0 else (cos * factor, sin * factor)

    def _bias(self, spec: Attention) -> Ref | None:
        """What is added to the scores, broadcastable to (B, heads, T, T), or None."""
        parts = [self._inside()] if spec.within else []
        relative = spec.relative or self._relative
        if isinstance(relative, Alibi):
            parts.append(self._falling(relative))
        elif relative is not None:
            parts.append(self._relative_bias(relative))
        if spec.causal or spec.window is not None:
            parts.append(self._visible(spec.causal, spec.window, spec.first is not None))
        total: Ref | None = None
        for part in parts:
            total = part if total is None else total + part
        return total

    def _distances(self) -> Ref:
        """Key position minus query position, int64 (T, T)."""
        if "distances" not in self._made:
            columns = ops.arange(self.mask, axis=1)
            self._made["distances"] = ops.unsqueeze(columns, 0) - ops.unsqueeze(columns, 1)
        return self._made["distances"]

    def _visible(self, causal: bool, window: int | None, first: bool) -> Ref:
        """0 where a query may see a key, as the `first` one always, and -inf elsewhere, (1, 1, T, T)."""
        key = ("visible", causal, window, first)
        if key not in self._made:
            distance = self._distances()
            outside: Ref | None = None
            if causal:
                outside = self._beyond(distance, 0)
            if window is not None:
                backwards = self._constant(np.array([0])) - distance
                far = self._beyond(backwards, window)
                outside = far if outside is None else outside + far
                if not causal:
                    outside = outside + self._beyond(distance, window)
            assert outside is not None
            if first:
                columns = ops.unsqueeze(ops.arange(self.mask, axis=1), 0)
                outside = outside * self._beyond(columns, 0)
            hidden = ops.compare(outside, self._constant(np.array([0])), "greater")
            scores = ops.where(hidden, self._constant(-np.inf), self._constant(0.0))
            self._made[key] = ops.unsqueeze(ops.unsqueeze(scores, 0), 0)
            if window is not None and not causal and not first:
                self.mask.builder.is_band(self._made[key], window)
        return self._made[key]

    def _inside(self) -> Ref:
        """0 where query and key are in one window and -inf elsewhere, (B, 1, T, T)."""
        if "inside" not in self._made:
            assert self._windows is not None, "numbers of windows are fed"
            rows, columns = ops.unsqueeze(self._windows, 2), ops.unsqueeze(self._windows, 1)
            same = ops.compare(rows, columns, "equal")
            scores = ops.where(same, self._constant(0.0), self._constant(-np.inf))
            self._made["inside"] = ops.unsqueeze(scores, 1)
        return self._made["inside"]

    def _beyond(self, distance: Ref, limit: int) -> Ref:
        return ops.cast(
            ops.compare(distance, self._constant(np.array([limit])), "greater"), "int64"
        )

    def _falling(self, spec: Alibi) -> Ref:
        """What each head subtracts for distances, (1, heads, T, T)."""
        if spec not in self._made:
            signed = ops.cast(self._distances(), "float32")
            distance = ops.maximum(signed, signed * -1.0)
            slopes = -np.array(spec.slopes, np.float32).reshape(1, -1, 1, 1)
            falling = ops.unsqueeze(ops.unsqueeze(distance, 0), 0) * self._constant(slopes)
            self._made[spec] = falling
        return self._made[spec]

    def _relative_bias(self, spec: RelativeBias) -> Ref:
        """The learned bias of each head by bucket of distance, (1, heads, T, T)."""
        if spec not in self._made:
            bucket = self._buckets(spec)
            table = self._weights(spec.table, (spec.buckets, spec.heads))
            bias = ops.transpose(ops.embedding(table, bucket), (2, 0, 1))
            self._made[spec] = ops.unsqueeze(bias, 0)
        return self._made[spec]

    def _buckets(self, spec: RelativeBias) -> Ref:
        """The bucket of each distance, int64 (T, T)."""
        from isomorph.encoders.distances import FARTHEST, t5_buckets

        sorting = spec.buckets, spec.max_distance, spec.backwards
        key = ("buckets", *sorting)
        if key not in self._made:
            distances = np.arange(-FARTHEST, FARTHEST + 1)
            buckets = self._constant(t5_buckets(distances, *sorting))
            at = self._distances() + self._constant(np.array([FARTHEST]))
            self._made[key] = ops.embedding(buckets, at)
        return self._made[key]

    def _constant(self, value: NDArray[Any] | float) -> Ref:
        return self.mask.builder.constant(value)
