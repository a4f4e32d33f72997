"""Attention as ONNX operators.

The dialect ``"plain"`` has standard operators only. ``"fused"`` has ONNX Runtime's own
MultiHeadAttention, which the CPU and CUDA providers implement in one kernel. ``"branched"`` has it
twice: its kernel for the CPU is a quarter faster without a mask, so an If leaves the mask out where no
row of the forward is padded. The CPU decides that in microseconds; a GPU would have to be waited for.

The two kernels differ in their last bits. Where what follows is rounded to codes, the last bit may decide
between two codes, and a vector would then depend on its batch: there the mask stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from isomorph_onnx import banded
from isomorph_onnx.graph import CONTRIB, DTYPES, Branch

if TYPE_CHECKING:
    from isomorph_onnx.emit import Emitter

Attrs = Mapping[str, Any]


def attention(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """One kernel where the dialect and the heads allow it."""
    e.rows.have_axes_of(output, inputs[0])
    if e.dialect == "plain" or attrs["kv_heads"] != attrs["heads"]:
        _written_out(e, inputs, output, attrs)
        return
    q, k, v, mask, bias = inputs
    kept = {"num_heads": attrs["heads"], "scale": attrs["scale"]}
    key_mask = e.once("Cast", [mask], to=DTYPES["int32"])
    masked = [q, k, v, "", key_mask, *([bias] if bias else [])]

    def branch(operands: Sequence[str]) -> Branch:
        return e.branch(lambda: e.op("MultiHeadAttention", operands, "", CONTRIB, **kept))

    if bias in e.bands:
        window = e.bands[bias]
        e.op(
            "If",
            [banded.is_long(e, mask, window)],
            output,
            then_branch=banded.by_blocks(e, (q, k, v), mask, window, kept),
            else_branch=branch(masked),
        )
        return
    if e.dialect == "fused" or bias or e.by_codes:  # products of codes ask for one kernel alone
        e.op("MultiHeadAttention", masked, output, CONTRIB, **kept)
        return

    e.op(
        "If",
        [_nothing_is_padded(e, mask)],
        output,
        then_branch=branch([q, k, v]),
        else_branch=branch(masked),
    )


def _nothing_is_padded(e: Emitter, mask: str) -> str:
    """int64 (B, T) -> bool (), found out once a forward."""
    least = e.once("ReduceMin", [mask], keepdims=0)
    return e.once("Cast", [least], to=DTYPES["bool"])


def _written_out(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """Products, a mask that is added, and a softmax."""
    q, k, v, mask, bias = inputs
    heads, kv_heads = attrs["heads"], attrs["kv_heads"]
    q = e.op("Transpose", [split_heads(e, q, heads)], perm=[0, 2, 1, 3])
    q = e.op("Mul", [q, e.constant(attrs["scale"], np.float32)])
    k, v = (_share(e, split_heads(e, name, kv_heads), heads // kv_heads) for name in (k, v))
    k = e.op("Transpose", [k], perm=[0, 2, 3, 1])
    v = e.op("Transpose", [v], perm=[0, 2, 1, 3])
    scores = e.op("MatMul", [q, k])
    if bias:
        lowest = e.constant(np.finfo(np.float32).min, np.float32)
        scores = e.op("Max", [e.op("Add", [scores, bias]), lowest])
    scores = e.op("Add", [scores, _hidden(e, mask)])
    weights = e.op("Softmax", [scores], axis=-1)
    merged = e.op("Transpose", [e.op("MatMul", [weights, v])], perm=[0, 2, 1, 3])
    e.op("Reshape", [merged, e.constant([0, 0, -1])], output)


def split_heads(e: Emitter, x: str, heads: int) -> str:
    """(B, T, H) -> (B, T, heads, H / heads)."""
    return e.op("Reshape", [x, e.constant([0, 0, heads, -1])])


def _share(e: Emitter, x: str, times: int) -> str:
    """(B, T, G, D) -> (B, T, G times, D), each head repeated in place."""
    if times == 1:
        return x
    wide = e.op("Tile", [e.op("Unsqueeze", [x, e.constant([3])]), e.constant([1, 1, 1, times, 1])])
    flat = e.op("Shape", [x], start=3, end=4)  # D, as (B, T, G, times, D) has it in the fifth place
    shape = e.op("Concat", [e.constant([0, 0, -1]), flat], axis=0)
    return e.op("Reshape", [wide, shape])


def _hidden(e: Emitter, mask: str) -> str:
    """int64 (B, T) -> float32 (B, 1, 1, T): 0 on real tokens, a quarter of the lowest float elsewhere.

    A quarter, so that adding it to another masked score cannot reach -inf.
    """
    padding = e.op("Equal", [mask, e.constant(0)])
    low = e.constant(np.finfo(np.float32).min / 4, np.float32)
    scores = e.op("Where", [padding, low, e.constant(0, np.float32)])
    return e.op("Unsqueeze", [scores, e.constant([1, 2])])
