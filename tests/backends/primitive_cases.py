"""One small program a primitive, with random feeds: what every backend's emitters are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from isomorph.program import Builder, Program, Ref, ops
from isomorph.program.program import Feed

SEED = 20
FLOAT, INT = "float32", "int64"


@dataclass(frozen=True)
class Case:
    """A program over feeds `x`, `y`, … and the values to feed."""

    name: str
    program: Program
    feeds: Mapping[str, np.ndarray]


def _case(name: str, write: Callable[..., Ref], **feeds: np.ndarray) -> Case:
    types = {k: Feed(FLOAT if v.dtype.kind == "f" else INT, v.ndim) for k, v in feeds.items()}
    builder = Builder(types)
    refs = [builder.feed(k) for k in feeds]
    return Case(name, builder.finish({"out": write(*refs)}), feeds)


def cases() -> list[Case]:
    """At least one case for every primitive, among them the awkward ones."""
    rng = np.random.default_rng(SEED)

    def real(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    def whole(high: int, *shape: int) -> np.ndarray:
        return rng.integers(0, high, shape)

    x = real(3, 5, 8)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1]])
    ids = whole(7, 3, 5)
    table, weight, bias = real(7, 8), real(6, 8), real(6)
    pair = {"x": real(3, 1, 8), "y": real(5, 1)}
    made = [
        _case("add", lambda x, y: x + y, **pair),
        _case("subtract", lambda x, y: x - y, **pair),
        _case("multiply", lambda x, y: x * y, **pair),
        _case("divide", lambda x, y: x / y, **pair),
        _case("maximum", ops.maximum, **pair),
        _case("maximum of a scalar", lambda x: ops.maximum(x, 0.25), x=x),
        _case("matmul", ops.matmul, x=real(3, 1, 5), y=x),
        _case("sqrt", ops.sqrt, x=np.abs(x)),
        _case("log1p", ops.log1p, x=np.abs(x)),
        _case("cast int64", lambda x: ops.cast(x, FLOAT), x=ids),
        _case("cast bool", lambda x: ops.cast(ops.compare(x, _int(x, 3), "greater"), FLOAT), x=ids),
        _case("where", lambda c, x: ops.where(_positive(c), x, x * 2.0), c=mask[:, :, None], x=x),
        _case("reduce sum", lambda x: ops.reduce(x, "sum", 1), x=x),
        _case("reduce sum kept", lambda x: ops.reduce(x, "sum", -1, keepdims=True), x=x),
        _case("reduce max", lambda x: ops.reduce(x, "max", 1), x=x),
        _case("reduce int", lambda x: ops.cast(ops.reduce(x, "sum", 1), FLOAT), x=ids),
        _case("cumsum", lambda x: ops.cast(ops.cumsum(x, 1), FLOAT), x=mask),
        _case("argmax takes the first", lambda x: ops.cast(ops.argmax(x, 1), FLOAT), x=mask),
        _case("arange", lambda x: ops.cast(ops.arange(x, 1), FLOAT), x=ids),
        _case("take", ops.take, x=x, i=whole(5, 3)),
        _case("unsqueeze", lambda x: ops.unsqueeze(x, 1), x=x),
        _case("squeeze", lambda x: ops.squeeze(x, 1), x=real(3, 1, 8)),
        _case("concat", lambda x, y: ops.concat([x, y, x], 1), x=real(3, 2), y=real(3, 4)),
        _case("embedding", lambda i: ops.embedding(_const(i, table), i), i=ids),
        _case("layer norm", lambda x: _norm(x, real(8), real(8)), x=x),
        _case("layer norm without bias", lambda x: _norm(x, real(8), None), x=x),
        _case("l2 normalize", ops.l2_normalize, x=x),
        _case("l2 normalize of zeros", ops.l2_normalize, x=np.zeros_like(x)),
    ]
    for b in (bias, None):
        made.append(_case(f"linear, bias {b is not None}", _linear(weight, b), x=x))
        made.append(_case(f"linear 2-D, bias {b is not None}", _linear(weight, b), x=real(4, 8)))
    made += [_case(f"activation {kind}", _act(kind), x=3 * x) for kind in ops.ACTIVATIONS]
    made += [_case(f"compare {kind}", _compare(kind), x=ids) for kind in COMPARISONS]
    q, k, v = real(3, 5, 8), real(3, 5, 8), real(3, 5, 8)
    made += [
        _case(f"attention, {heads} heads", _attention(heads), q=q, k=k, v=v, mask=mask)
        for heads in (1, 2, 4)
    ]
    made += [
        _case("segment mean " + str(o), ops.segment_mean, x=real(n, 4), offsets=np.array(o))
        for n, o in ((6, [0, 2, 3]), (6, [0, 0, 4]), (6, [0, 6]), (3, [0]), (0, [0, 0]))
    ]
    return made


COMPARISONS = ("equal", "greater", "greater_equal")


def _const(ref: Ref, value: Any) -> Ref:
    return ref.builder.constant(value)


def _int(ref: Ref, value: int) -> Ref:
    return _const(ref, np.array([value]))


def _positive(ref: Ref) -> Ref:
    return ops.compare(ref, _int(ref, 0), "greater")


def _norm(x: Ref, weight: np.ndarray, bias: np.ndarray | None) -> Ref:
    shift = None if bias is None else _const(x, bias)
    return ops.layer_norm(x, _const(x, weight), shift, 1e-5)


def _linear(weight: np.ndarray, bias: np.ndarray | None) -> Callable[[Ref], Ref]:
    def write(x: Ref) -> Ref:
        return ops.linear(x, _const(x, weight), None if bias is None else _const(x, bias))

    return write


def _act(kind: str) -> Callable[[Ref], Ref]:
    return lambda x: ops.activation(x, kind)


def _compare(kind: Any) -> Callable[[Ref], Ref]:
    return lambda x: ops.cast(ops.compare(x, _int(x, 3), kind), "float32")


def _attention(heads: int) -> Callable[[Ref, Ref, Ref, Ref], Ref]:
    return lambda q, k, v, mask: ops.attention(q, k, v, mask, heads=heads, scale=0.3)
