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
    made += _awkward(rng)
    for b in (bias, None):
        made.append(_case(f"linear, bias {b is not None}", _linear(weight, b), x=x))
        made.append(_case(f"linear 2-D, bias {b is not None}", _linear(weight, b), x=real(4, 8)))
    made += [_case(f"activation {kind}", _act(kind), x=3 * x) for kind in ops.ACTIVATIONS]
    made += [_case(f"compare {kind}", _compare(kind), x=ids) for kind in COMPARISONS]
    q, k, v = real(3, 5, 8), real(3, 5, 8), real(3, 5, 8)
    biases = {"none": None, "shared": real(1, 1, 5, 5), "a head": real(1, 4, 5, 5)}
    biases["causal"] = np.where(np.tri(5, dtype=bool), 0, -np.inf).astype(np.float32)[None, None]
    made += [
        _case(f"attention, {heads} heads", _attention(heads, heads), q=q, k=k, v=v, mask=mask)
        for heads in (1, 2, 4)
    ]
    full = np.ones_like(mask)
    made += [
        _case(f"attention, bias {n}", _attention(4, 4, bias), q=q, k=k, v=v, mask=full)
        for n, bias in biases.items()
    ]
    made += [
        _case(f"grouped attention, bias {n}", _attention(4, 2, bias), q=q, k=k[..., :4], v=v[..., :4], mask=full)
        for n, bias in biases.items()
    ]  # fmt: skip
    causal = {
        "q": q,
        "k": k,
        "v": v,
        "mask": np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 1, 1, 0]]),
    }
    made.append(
        _case("causal attention, right padding", _attention(4, 4, biases["causal"]), **causal)
    )
    angles = real(5, 2)
    made += [
        _case("rms norm", lambda x: ops.rms_norm(x, _const(x, weight[0]), 1e-6), x=x),
        _case("rotary, whole heads", _rotary(np.tile(angles, 2), 2), x=x),
        _case("rotary, half of a head", _rotary(np.tile(angles[:, :1], 2), 2), x=x),
        _case("cos", ops.cos, x=x),
        _case("sin", ops.sin, x=x),
        _case("reshape", lambda x: ops.reshape(x, (0, 0, 2, -1)), x=x),
        _case("transpose", lambda x: ops.transpose(x, (0, 2, 1)), x=x),
        _case("gather elements", ops.gather_elements, x=x, i=whole(8, 3, 5, 3)),
    ]
    made += [
        _case("segment mean " + str(o), ops.segment_mean, x=real(n, 4), offsets=np.array(o))
        for n, o in ((6, [0, 2, 3]), (6, [0, 0, 4]), (6, [0, 6]), (3, [0]), (0, [0, 0]))
    ]
    return made


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
        _case("layer norm far from 0", lambda a: _norm(a, x[0, 0], None), a=x + 10),
        _case("layer norm near 0", lambda a: _norm(a, x[0, 0], None), a=x[0] * np.float32(1e-4)),
        _case("log1p near 0", ops.log1p, a=np.abs(x) * np.float32(1e-6)),
        _case("matmul 2-D", ops.matmul, a=x[0], b=x[1].T.copy()),
        _case("reduce int64 kept", as_float(lambda a: ops.reduce(a, "sum", 1, keepdims=True)), a=mask),
        _case("reduce max of -inf", lambda a: ops.reduce(a, "max", 1), a=hidden),
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


def _attention(heads: int, kv_heads: int, bias: Any = None) -> Callable[..., Ref]:
    def write(q: Ref, k: Ref, v: Ref, mask: Ref) -> Ref:
        added = None if bias is None else _const(q, bias)
        return ops.attention(q, k, v, mask, added, heads=heads, kv_heads=kv_heads, scale=0.3)

    return write


def _rotary(angles: np.ndarray, heads: int) -> Callable[[Ref], Ref]:
    return lambda x: ops.rotary(
        x, _const(x, np.cos(angles)), _const(x, np.sin(angles)), heads=heads
    )
