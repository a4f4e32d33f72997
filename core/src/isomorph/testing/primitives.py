"""One small program a primitive, with random feeds: what a backend's emitters are held against.

`isomorph.testing.primitive_suite.PrimitiveTests` binds them to an engine by one fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from isomorph.primitives import ops
from isomorph.primitives.array import Array
from isomorph.primitives.program import Feed
from isomorph.program import Builder, Program, Ref
from isomorph.reference.interpret import Interpreter

SEED = 20
FLOAT: Final = "float32"
INT: Final = "int64"


@dataclass(frozen=True)
class Case:
    """A program over feeds `x`, `y`, … and the values to feed."""

    name: str
    program: Program
    feeds: Mapping[str, Array]

    def expected(self) -> Array:
        """What the numpy kernels compute for the program's one output, ``out``."""
        return Interpreter(self.program).run(self.feeds)["out"]

    def with_nans(self) -> Iterator[Case]:
        """The same with a NaN at the beginning, in the middle and at the end of each feed of floats.

        An engine must not lose it: core asks of results whether they are finite.
        """
        for name, array in self.feeds.items():
            if array.dtype.kind == "f" and array.size:
                for place in (0, array.size // 2, array.size - 1):
                    spoilt = array.copy()
                    spoilt.reshape(-1)[place] = np.nan
                    feeds = {**self.feeds, name: spoilt}
                    yield Case(f"{self.name}, NaN in {name} at {place}", self.program, feeds)


_AXES = ("rows", "width", "features", "more")


def _case(name: str, write: Callable[..., Ref], **feeds: Array) -> Case:
    types = {
        name: Feed(FLOAT if array.dtype.kind == "f" else INT, _AXES[: array.ndim])
        for name, array in feeds.items()
    }
    builder = Builder(types)
    refs = [builder.feed(k) for k in feeds]
    return Case(name, builder.finish({"out": write(*refs)}), feeds)


def cases() -> list[Case]:
    """At least one case for every primitive, among them the awkward ones.

    The awkward ones have numbers of their own, which no case that is added to the others changes.
    """
    rng = np.random.default_rng(SEED)
    layers = (_layers, _attentions, _rotations, _convolutions, _recurrences, _networks)
    groups = (_elementwise, _shapes, *layers, _segments, _scatters)
    plain = [case for group in groups for case in group(rng)]
    return plain + _awkward(np.random.default_rng(SEED))


MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1]])


def _real(rng: np.random.Generator, *shape: int) -> Array:
    return rng.normal(size=shape).astype(np.float32)


def _elementwise(rng: np.random.Generator) -> list[Case]:
    x, ids = _real(rng, 3, 5, 8), rng.integers(0, 7, (3, 5))
    pair = {"x": _real(rng, 3, 1, 8), "y": _real(rng, 5, 1)}
    return [
        _case("add", lambda x, y: x + y, **pair),
        _case("subtract", lambda x, y: x - y, **pair),
        _case("multiply", lambda x, y: x * y, **pair),
        _case("divide", lambda x, y: x / y, **pair),
        _case("maximum", ops.maximum, **pair),
        _case("maximum of a scalar", lambda x: ops.maximum(x, 0.25), x=x),
        _case("sqrt", ops.sqrt, x=np.abs(x)),
        _case("log1p", ops.log1p, x=np.abs(x)),
        _case("cos", ops.cos, x=x),
        _case("sin", ops.sin, x=x),
        _case("cast int64", lambda x: ops.cast(x, FLOAT), x=ids),
        _case("cast bool", lambda x: ops.cast(ops.compare(x, _int(x, 3), "greater"), FLOAT), x=ids),
        _case("where", lambda c, x: ops.where(_positive(c), x, x * 2.0), c=MASK[:, :, None], x=x),
        *(_case(f"activation {kind}", _act(kind), x=3 * x) for kind in ops.ACTIVATIONS),
        *(_case(f"compare {kind}", _compare(kind), x=ids) for kind in COMPARISONS),
    ]


def _shapes(rng: np.random.Generator) -> list[Case]:
    x, ids, table = _real(rng, 3, 5, 8), rng.integers(0, 7, (3, 5)), _real(rng, 7, 8)
    parts = {"x": _real(rng, 3, 2), "y": _real(rng, 3, 4)}
    return [
        _case("reduce sum", lambda x: ops.reduce(x, "sum", 1), x=x),
        _case("reduce sum kept", lambda x: ops.reduce(x, "sum", -1, keepdims=True), x=x),
        _case("reduce max", lambda x: ops.reduce(x, "max", 1), x=x),
        _case("reduce int", lambda x: ops.cast(ops.reduce(x, "sum", 1), FLOAT), x=ids),
        _case("cumsum", lambda x: ops.cast(ops.cumsum(x, 1), FLOAT), x=MASK),
        _case("argmax takes the first", lambda x: ops.cast(ops.argmax(x, 1), FLOAT), x=MASK),
        _case("arange", lambda x: ops.cast(ops.arange(x, 1), FLOAT), x=ids),
        _case("take", ops.take, x=x, i=rng.integers(0, 5, 3)),
        _case("unsqueeze", lambda x: ops.unsqueeze(x, 1), x=x),
        _case("squeeze", lambda x: ops.squeeze(x, 1), x=_real(rng, 3, 1, 8)),
        _case("concat", lambda x, y: ops.concat([x, y, x], 1), **parts),
        _case("embedding", lambda i: ops.embedding(_const(i, table), i), i=ids),
        _case("reshape", lambda x: ops.reshape(x, (0, 0, 2, -1)), x=x),
        _case("transpose", lambda x: ops.transpose(x, (0, 2, 1)), x=x),
        _case("gather elements", ops.gather_elements, x=x, i=rng.integers(0, 8, (3, 5, 3))),
        _case("keep largest", lambda x: ops.keep_largest(x, 3), x=x),
        _case("keep largest 2-D", lambda x: ops.keep_largest(x, 5), x=x[0]),
        _case("scatter max", _scatter(7), x=x[0], i=rng.integers(0, 7, (5, 8))),
    ]


def _scatter(size: int) -> Callable[[Ref, Ref], Ref]:
    return lambda x, index: ops.scatter_max(x, index, size)


def _layers(rng: np.random.Generator) -> list[Case]:
    x, weight, bias = _real(rng, 3, 5, 8), _real(rng, 6, 8), _real(rng, 6)
    scale, shift = _real(rng, 8), _real(rng, 8)
    return [
        _case("matmul", ops.matmul, x=_real(rng, 3, 1, 5), y=x),
        _case("linear", _linear(weight, bias), x=x),
        _case("linear without bias", _linear(weight, None), x=x),
        _case("linear 2-D", _linear(weight, bias), x=x[0]),
        _case("linear 2-D without bias", _linear(weight, None), x=x[0]),
        _case("layer norm", lambda x: _norm(x, scale, shift), x=x),
        _case("layer norm without bias", lambda x: _norm(x, scale, None), x=x),
        _case("rms norm", lambda x: ops.rms_norm(x, _const(x, scale), 1e-6), x=x),
        _case("softmax", ops.softmax, x=3 * x),
        _case("l2 normalize", ops.l2_normalize, x=x),
        _case("l2 normalize of zeros", ops.l2_normalize, x=np.zeros_like(x)),
    ]


def _attentions(rng: np.random.Generator) -> list[Case]:
    q, k, v = (_real(rng, 3, 5, 8) for _ in range(3))
    whole = {"q": q, "k": k, "v": v, "mask": np.ones_like(MASK)}
    grouped = {**whole, "k": k[..., :4].copy(), "v": v[..., :4].copy()}
    right = {**whole, "mask": np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0]])}
    causal = np.where(np.tri(5, dtype=bool), 0, -np.inf).astype(np.float32)[None, None]
    biases = {
        "none": None,
        "shared": _real(rng, 1, 1, 5, 5),
        "a head": _real(rng, 1, 4, 5, 5),
        "a row and head": _real(rng, 3, 4, 5, 5),
        "causal": causal,
    }
    return [
        *(
            _case(f"attention, {heads} heads", _attention(heads, heads), **{**whole, "mask": MASK})
            for heads in (1, 2, 4)
        ),
        *(_case(f"attention, bias {n}", _attention(4, 4, b), **whole) for n, b in biases.items()),
        *(
            _case(f"grouped attention, bias {n}", _attention(4, 2, b), **grouped)
            for n, b in biases.items()
        ),
        _case("causal attention, right padding", _attention(4, 4, causal), **right),
    ]


def _rotations(rng: np.random.Generator) -> list[Case]:
    x, angles, own = _real(rng, 3, 5, 8), _real(rng, 5, 2), _real(rng, 3, 5, 2)
    return [
        _case("rotary, whole heads", _rotary(np.tile(angles, 2), 2), x=x),
        _case("rotary, half of a head", _rotary(np.tile(angles[:, :1], 2), 2), x=x),
        _case("rotary, angles of each row", _rotary(np.tile(own, 2), 2), x=x),
    ]


def _networks(rng: np.random.Generator) -> list[Case]:
    """Routes to some, to all, and to none; gates and no gates; down as stored and turned."""
    x, ups, gates = _real(rng, 3, 5, 8), _real(rng, 4, 6, 8), _real(rng, 4, 6, 8)
    downs, routes = _real(rng, 4, 8, 6), np.abs(_real(rng, 3, 5, 4))
    few = {"x": x, "routes": np.where(np.arange(4) % 2, routes, 0).astype(np.float32)}
    turned = downs.transpose(0, 2, 1).copy()
    return [
        _case("experts of some", _experts(ups, downs, gates), **few),
        _case("experts of some, rows alone", _experts(ups, downs, gates), **{k: v[0] for k, v in few.items()}),
        _case("experts without gates", _experts(ups, turned, None), **few),
        _case("experts of all", _experts(ups, downs, gates), x=x, routes=routes),
        _case("experts of none", _experts(ups, downs, gates), x=x, routes=0 * routes),
    ]  # fmt: skip


def _segments(rng: np.random.Generator) -> list[Case]:
    return [
        _case(
            f"segment mean of {n} at {offsets}",
            ops.segment_mean,
            x=_real(rng, n, 4),
            offsets=np.array(offsets),
        )
        for n, offsets in ((6, [0, 2, 3]), (6, [0, 0, 4]), (6, [0, 6]), (3, [0]), (0, [0, 0]))
    ]


def _convolutions(rng: np.random.Generator) -> list[Case]:
    """A kernel of one position, one wider than the text, a text of one position."""
    cases = ((3, 5, 1), (3, 5, 3), (3, 4, 7), (2, 1, 3))
    same = [
        _case(
            f"conv1d of {size} over {width} positions",
            _conv(_real(rng, 6, 8, size), _real(rng, 6), padding=(size // 2, size // 2)),
            x=_real(rng, rows, width, 8),
        )
        for rows, width, size in cases
    ]
    x, weight, bias = _real(rng, 3, 11, 8), _real(rng, 6, 8, 3), _real(rng, 6)
    grouped = _real(rng, 6, 4, 4)
    return [
        *same,
        _case("conv1d without padding and bias", _conv(weight, None), x=x),
        _case("conv1d, every other position", _conv(weight, bias, stride=2, padding=(1, 1)), x=x),
        _case("conv1d, every fifth position", _conv(weight, bias, stride=5), x=x),
        _case("conv1d of one feature", _conv(weight[:, :1], None, stride=2), x=x[..., :1].copy()),
        _case("conv1d in groups", _conv(grouped, bias, groups=2, padding=(2, 1)), x=x),
        _case(
            "conv1d of each feature alone over what is before",
            _conv(_real(rng, 8, 1, 4), None, padding=(3, 0), groups=8),
            x=x,
        ),
        _case(
            "conv1d in groups, strided",
            _conv(grouped, bias, groups=2, padding=(0, 3), stride=3),
            x=x,
        ),
    ]


def _recurrences(rng: np.random.Generator) -> list[Case]:
    """Whole rows, ragged rows, rows of one position; what stands beyond a row is left out."""
    weights = _real(rng, 12, 4), _real(rng, 12, 3), _real(rng, 12)
    return [
        _case(
            f"lstm over {lengths}{', reverse' if reverse else ''}",
            _lstm(*weights, reverse=reverse),
            x=2 * _real(rng, len(lengths), max(lengths), 4),
            lengths=np.array(lengths),
        )
        for lengths in ([5, 5, 5], [5, 1, 3], [1, 6], [1])
        for reverse in (False, True)
    ]


def _scatters(rng: np.random.Generator) -> list[Case]:
    x, repeated = _real(rng, 3, 5), rng.integers(0, 4, (3, 5))
    return [
        _case("scatter sum", lambda x, i: ops.scatter_sum(x, i, 9), x=x, i=repeated),
        _case(
            "scatter sum of one index", lambda x, i: ops.scatter_sum(x, i, 7), x=x, i=0 * repeated
        ),
        _case(
            "scatter sum of one row", lambda x, i: ops.scatter_sum(x, i, 4), x=x[:1], i=repeated[:1]
        ),
    ]


def _awkward(rng: np.random.Generator) -> list[Case]:
    """Ties, infinities, whole numbers, tiny values, other ranks."""
    x = rng.normal(size=(3, 7, 12)).astype(np.float32)
    hidden = np.full((3, 7, 12), -np.inf, np.float32)
    mask = np.array([[1] * n + [0] * (7 - n) for n in (7, 1, 4)])
    whole = rng.integers(0, 300, (3, 7))

    def as_float(write: Callable[..., Ref]) -> Callable[..., Ref]:
        return lambda *refs: ops.cast(write(*refs), FLOAT)

    return [
        _case("add int64", as_float(lambda a, b: a + b), a=whole, b=mask),
        _case("subtract int64", as_float(lambda a, b: a - b), a=mask, b=whole),
        _case("multiply int64", as_float(lambda a, b: a * b), a=mask, b=whole[:1]),
        _case("arange of rows", as_float(lambda a: ops.arange(a, 0)), a=whole),
        _case("argmax of ties", as_float(lambda a: ops.argmax(a, 1)), a=np.zeros((3, 7), np.int64)),
        _case("argmax of many ties", as_float(lambda a: ops.argmax(a, 1)), a=rng.integers(0, 2, (40, 300))),
        _case("argmax along the last", as_float(lambda a: ops.argmax(a, -1)), a=whole),
        _case("attention, left padding", _attention(4, 4), q=x, k=x, v=x, mask=mask[:, ::-1].copy()),
        _case("concat along the last", lambda a, b: ops.concat([a, b], -1), a=x, b=x),
        _case("embedding of a layer", lambda a: ops.embedding(a, _const(a, np.int64(2))), a=np.stack([x, x, 2 * x])),
        _case("keep largest of ties", lambda a: ops.keep_largest(a, 5), a=(whole % 3).astype(np.float32)),
        _case("keep largest of equals", lambda a: ops.keep_largest(a, 100), a=np.ones((3, 300), np.float32)),
        _case("keep largest of all", lambda a: ops.keep_largest(a, 12), a=x),
        _case("keep largest of one", lambda a: ops.keep_largest(a, 1), a=x - 10),
        _case("layer norm far from 0", lambda a: _norm(a, x[0, 0], None), a=x + 10),
        _case("layer norm near 0", lambda a: _norm(a, x[0, 0], None), a=x[0] * np.float32(1e-4)),
        _case("log1p near 0", ops.log1p, a=np.abs(x) * np.float32(1e-6)),
        _case("matmul 2-D", ops.matmul, a=x[0], b=x[1].T.copy()),
        _case("reduce int64 kept", as_float(lambda a: ops.reduce(a, "sum", 1, keepdims=True)), a=mask),
        _case("reduce max of -inf", lambda a: ops.reduce(a, "max", 1), a=hidden),
        _case("scatter max to one place", _scatter(4), a=x[0], i=np.full((7, 12), 3)),
        _case("scatter max of a mask", _scatter(300), a=mask.astype(np.float32), i=whole),
        _case("segment mean, empty at the end", ops.segment_mean, a=x[0], offsets=np.array([0, 0, 3, 3, 7, 7])),
        _case("unsqueeze at the end", lambda a: ops.unsqueeze(a, 3), a=x),
        _case("where beside -inf", lambda c, a: ops.where(_positive(c), a, _const(a, -np.inf)), c=mask[:, :, None], a=x),
    ]  # fmt: skip


COMPARISONS = ("equal", "greater", "greater_equal")


def _const(ref: Ref, value: Any) -> Ref:
    return ref.builder.constant(value)


def _int(ref: Ref, value: int) -> Ref:
    return _const(ref, np.array([value]))


def _positive(ref: Ref) -> Ref:
    return ops.compare(ref, _int(ref, 0), "greater")


def _norm(x: Ref, weight: Array, bias: Array | None) -> Ref:
    shift = None if bias is None else _const(x, bias)
    return ops.layer_norm(x, _const(x, weight), shift, 1e-5)


def _linear(weight: Array, bias: Array | None) -> Callable[[Ref], Ref]:
    def write(x: Ref) -> Ref:
        return ops.linear(x, _const(x, weight), None if bias is None else _const(x, bias))

    return write


def _conv(weight: Array, bias: Array | None, **settings: Any) -> Callable[[Ref], Ref]:
    def write(x: Ref) -> Ref:
        added = None if bias is None else _const(x, bias)
        return ops.conv1d(x, _const(x, weight), added, **settings)

    return write


def _experts(ups: Array, downs: Array, gates: Array | None) -> Callable[[Ref, Ref], Ref]:
    def write(x: Ref, routes: Ref) -> Ref:
        stored = [
            [_const(x, m) for m in each] for each in (ups, downs, () if gates is None else gates)
        ]
        kind = "gelu" if gates is None else "silu"
        return ops.experts(x, routes, *stored, activation=kind, turned=gates is None)

    return write


def _lstm(*weights: Array, reverse: bool) -> Callable[[Ref, Ref], Ref]:
    """Zeros beyond a row's length, where the primitive leaves open what there is."""

    def write(x: Ref, lengths: Ref) -> Ref:
        stored = [_const(x, weight) for weight in weights]
        y = ops.lstm(x, lengths, *stored, hidden=weights[1].shape[1], reverse=reverse)
        inside = ops.compare(ops.unsqueeze(lengths, 1), ops.arange(x, 1), "greater")
        return ops.where(ops.unsqueeze(inside, 2), y, _const(x, 0.0))

    return write


def _act(kind: str) -> Callable[[Ref], Ref]:
    return lambda x: ops.activation(x, kind)


def _compare(kind: Any) -> Callable[[Ref], Ref]:
    return lambda x: ops.cast(ops.compare(x, _int(x, 3), kind), "float32")


def _attention(heads: int, kv_heads: int, bias: Any = None) -> Callable[..., Ref]:
    def write(q: Ref, k: Ref, v: Ref, mask: Ref) -> Ref:
        added = None if bias is None else _const(q, bias)
        return ops.attention(q, k, v, mask, added, heads=heads, kv_heads=kv_heads, scale=0.3)

    return write


def _rotary(angles: Array, heads: int) -> Callable[[Ref], Ref]:
    return lambda x: ops.rotary(
        x, _const(x, np.cos(angles)), _const(x, np.sin(angles)), heads=heads
    )
