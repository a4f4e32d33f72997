"""The primitives, one function each: what a lowering writes and what an engine must compute.

Shapes: B rows, T positions, H features. Broadcasting is numpy's. Unless stated otherwise values are
float32. `a + b`, `a - b`, `a * b`, `a / b` on `Ref`s emit add, subtract, multiply and divide.

Each file says of its primitives all that is known: the function that writes one, its numpy kernel, the
rules of shape, type and memory, and the record that holds them.
"""

from isomorph.primitives.ops.elementwise import (
    ACTIVATIONS,
    activation,
    cast,
    compare,
    cos,
    log1p,
    maximum,
    sin,
    sqrt,
    where,
)
from isomorph.primitives.ops.index import (
    arange,
    embedding,
    gather_elements,
    keep_largest,
    scatter_max,
    scatter_sum,
    take,
)
from isomorph.primitives.ops.nn import (
    attention,
    conv1d,
    l2_normalize,
    layer_norm,
    linear,
    matmul,
    rms_norm,
    rotary,
    softmax,
)
from isomorph.primitives.ops.recurrent import lstm
from isomorph.primitives.ops.reduction import argmax, cumsum, reduce, segment_mean
from isomorph.primitives.ops.routed import experts
from isomorph.primitives.ops.shape import concat, reshape, squeeze, transpose, unsqueeze

__all__ = [
    "ACTIVATIONS",
    "activation",
    "arange",
    "argmax",
    "attention",
    "cast",
    "compare",
    "concat",
    "conv1d",
    "cos",
    "cumsum",
    "embedding",
    "experts",
    "gather_elements",
    "keep_largest",
    "l2_normalize",
    "layer_norm",
    "linear",
    "log1p",
    "lstm",
    "matmul",
    "maximum",
    "reduce",
    "reshape",
    "rms_norm",
    "rotary",
    "scatter_max",
    "scatter_sum",
    "segment_mean",
    "sin",
    "softmax",
    "sqrt",
    "squeeze",
    "take",
    "transpose",
    "unsqueeze",
    "where",
]
