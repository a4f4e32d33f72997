"""Primitives as ONNX operators: one small function a primitive.

Operators are standard ONNX except where the dialect is ``"fused"``: then attention is ONNX Runtime's
own MultiHeadAttention, which the CPU and CUDA providers implement in one kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Tensor
from isomorph.program import Program
from isomorph_onnx.graph import CONTRIB, DTYPES, OnnxNode

Attrs = Mapping[str, Any]
Emit = Callable[["Emitter", Sequence[str], str, Attrs], None]


class Emitter:
    """Collects the operators of one program. `dialect` is ``"plain"`` or ``"fused"``."""

    def __init__(self, program: Program, dialect: str) -> None:
        self.dialect = dialect
        self.nodes: list[OnnxNode] = []
        self.constants: dict[str, NDArray[Any] | Tensor] = dict(program.constants)
        self._made = 0
        for node in program.nodes:
            EMITTERS[node.primitive](self, node.inputs, node.output, node.attrs)
        for name, source in program.outputs.items():
            self.op("Identity", [source], name)

    def op(
        self, op: str, inputs: Sequence[str], output: str = "", domain: str = "", **attrs: Any
    ) -> str:
        """Appends an operator and returns the name of its output."""
        output = output or self._name()
        self.nodes.append(OnnxNode(op, inputs, [output], attrs, domain))
        return output

    def constant(self, value: Any, dtype: Any = np.int64) -> str:
        """A small constant."""
        name = self._name()
        self.constants[name] = np.asarray(value, dtype)
        return name

    def _name(self) -> str:
        self._made += 1
        return f"o{self._made}"


def _linear(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """Gemm on the rows of x: it takes the weight as it is stored and adds the bias on the way.

    MatMul would need the weight transposed, a second copy of it in memory.
    """
    x, weight, bias = inputs
    outputs, width = e.constants[weight].shape
    rows = e.op("Reshape", [x, e.constant([-1, width])])
    product = e.op("Gemm", [rows, weight, *([bias] if bias else [])], transB=1)
    leading = e.op("Shape", [x], start=0, end=-1)
    shape = e.op("Concat", [leading, e.constant([outputs])], axis=0)
    e.op("Reshape", [product, shape], output)


def _layer_norm(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    names = [name for name in inputs if name]
    e.op("LayerNormalization", names, output, axis=-1, epsilon=attrs["eps"])


def _activation(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    kind = attrs["kind"]
    if kind == "gelu":
        e.op("Gelu", inputs, output)
    elif kind == "gelu_tanh":
        e.op("Gelu", inputs, output, approximate="tanh")
    elif kind == "silu":
        e.op("Mul", [inputs[0], e.op("Sigmoid", inputs)], output)
    else:
        e.op({"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}[kind], inputs, output)


def _attention(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    if e.dialect == "fused":
        q, k, v, mask = inputs
        key_mask = e.op("Cast", [mask], to=DTYPES["int32"])
        e.op(
            "MultiHeadAttention",
            [q, k, v, "", key_mask],
            output,
            CONTRIB,
            num_heads=attrs["heads"],
            scale=attrs["scale"],
        )
        return
    heads = attrs["heads"]
    split = e.constant([0, 0, heads, -1])
    q, k, v = (e.op("Reshape", [name, split]) for name in inputs[:3])
    q = e.op("Transpose", [q], perm=[0, 2, 1, 3])
    k = e.op("Transpose", [k], perm=[0, 2, 3, 1])
    v = e.op("Transpose", [v], perm=[0, 2, 1, 3])
    q = e.op("Mul", [q, e.constant(attrs["scale"], np.float32)])
    scores = e.op("Add", [e.op("MatMul", [q, k]), _hidden(e, inputs[3])])
    weights = e.op("Softmax", [scores], axis=-1)
    merged = e.op("Transpose", [e.op("MatMul", [weights, v])], perm=[0, 2, 1, 3])
    e.op("Reshape", [merged, e.constant([0, 0, -1])], output)


def _hidden(e: Emitter, mask: str) -> str:
    """int64 (B, T) -> float32 (B, 1, 1, T): 0 on real tokens, the lowest float elsewhere."""
    padding = e.op("Equal", [mask, e.constant(0)])
    lowest = e.constant(np.finfo(np.float32).min, np.float32)
    scores = e.op("Where", [padding, lowest, e.constant(0, np.float32)])
    return e.op("Unsqueeze", [scores, e.constant([1, 2])])


def _reduce(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    op = "ReduceSum" if attrs["kind"] == "sum" else "ReduceMax"
    axes = e.constant([attrs["axis"]])
    e.op(op, [*inputs, axes], output, keepdims=int(attrs["keepdims"]))


def _compare(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    op = {"equal": "Equal", "greater": "Greater", "greater_equal": "GreaterOrEqual"}[attrs["kind"]]
    e.op(op, inputs, output)


def _arange(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    axis = attrs["axis"]
    shape = e.op("Shape", inputs, start=axis, **({} if axis == -1 else {"end": axis + 1}))
    size = e.op("Squeeze", [shape])
    e.op("Range", [e.constant(0), size, e.constant(1)], output)


def _take(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """GatherND along the rows: indices (B, 1) pick a position in each row."""
    index = e.op("Unsqueeze", [inputs[1], e.constant([1])])
    e.op("GatherND", [inputs[0], index], output, batch_dims=1)


def _segment_mean(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """Sums by ScatterND into zeros, over counts; the segment of a row is a running sum of starts."""
    x, offsets = inputs
    rows = e.op("Shape", [x], start=0, end=1)
    segments = e.op("Shape", [offsets])
    one = e.constant([1])
    ends = e.op("Concat", [e.op("Slice", [offsets, one, e.constant([2**31 - 1])]), rows], axis=0)
    counts = e.op("Cast", [e.op("Sub", [ends, offsets])], to=DTYPES["float32"])
    zeros = e.op("Expand", [e.constant([0]), e.op("Add", [rows, one])])
    at = e.op("Unsqueeze", [offsets, e.constant([1])])
    starts = e.op("ScatterND", [zeros, at, e.op("Expand", [one, segments])], reduction="add")
    running = e.op("CumSum", [starts, e.constant(0)])
    segment = e.op("Sub", [e.op("Slice", [running, e.constant([0]), rows]), one])
    shape = e.op("Concat", [segments, e.op("Shape", [x], start=1)], axis=0)
    empty = e.op("Expand", [e.constant([0], np.float32), shape])
    where = e.op("Unsqueeze", [segment, e.constant([1])])
    sums = e.op("ScatterND", [empty, where, x], reduction="add")
    divisor = e.op("Max", [counts, e.constant(1, np.float32)])
    e.op("Div", [sums, e.op("Unsqueeze", [divisor, e.constant([1])])], output)


def _argmax(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.op("ArgMax", inputs, output, axis=attrs["axis"], keepdims=0)


def _cast(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.op("Cast", inputs, output, to=DTYPES[attrs["dtype"]])


def _concat(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.op("Concat", inputs, output, axis=attrs["axis"])


def _log1p(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.op("Log", [e.op("Add", [inputs[0], e.constant(1, np.float32)])], output)


def _same(op: str) -> Emit:
    """A primitive that is one operator on the same inputs."""

    def emit(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
        e.op(op, inputs, output)

    return emit


def _with_axis(op: str) -> Emit:
    """A primitive whose axis is an input of the operator."""

    def emit(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
        axis = attrs["axis"] if op == "CumSum" else [attrs["axis"]]
        e.op(op, [*inputs, e.constant(axis)], output)

    return emit


EMITTERS: Mapping[str, Emit] = {
    "activation": _activation,
    "add": _same("Add"),
    "arange": _arange,
    "argmax": _argmax,
    "attention": _attention,
    "cast": _cast,
    "compare": _compare,
    "concat": _concat,
    "cumsum": _with_axis("CumSum"),
    "divide": _same("Div"),
    "embedding": _same("Gather"),
    "layer_norm": _layer_norm,
    "linear": _linear,
    "log1p": _log1p,
    "matmul": _same("MatMul"),
    "maximum": _same("Max"),
    "multiply": _same("Mul"),
    "reduce": _reduce,
    "segment_mean": _segment_mean,
    "sqrt": _same("Sqrt"),
    "squeeze": _with_axis("Squeeze"),
    "subtract": _same("Sub"),
    "take": _take,
    "unsqueeze": _with_axis("Unsqueeze"),
    "where": _same("Where"),
}
"""An emitter for each primitive."""
