"""Primitives as ONNX operators: one small function a primitive.

Operators are standard ONNX in the dialect ``"plain"``; `isomorph_onnx.attention` says what the others are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Tensor
from isomorph.program import Node, Program
from isomorph_onnx import coded
from isomorph_onnx.attention import attention, split_heads
from isomorph_onnx.experts import experts
from isomorph_onnx.graph import DTYPES, Branch, OnnxNode
from isomorph_onnx.rows import BY_ROW, OF_ROWS, RowsOfValues

Attrs = Mapping[str, Any]
Emit = Callable[["Emitter", Sequence[str], str, Attrs], None]


def output_port(program: Program, name: str) -> str:
    """What an output is called in the file, where an input may have its name already."""
    return f"{name}.out" if name in program.feeds else name


class Emitter:
    """Collects the operators of one program. `dialect` is ``"plain"``, ``"fused"`` or ``"branched"``.

    With `by_codes` layers are computed from codes where the folder asks for that. Tables of codes stay
    codes in memory (`keeps_codes`), and become float32 in the plain dialect, which is that of saved files.
    With `in_blocks` attention to neighbours alone is computed by blocks in long forwards.
    """

    def __init__(
        self, program: Program, dialect: str, *, by_codes: bool = False, in_blocks: bool = False
    ) -> None:
        self.dialect, self.by_codes, self.keeps_codes = dialect, by_codes, dialect != "plain"
        self.nodes: list[OnnxNode] = []
        self.constants: dict[str, NDArray[Any] | Tensor] = dict(program.constants)
        self.sources = {node.output: node for node in program.nodes}
        self.bands = program.bands if in_blocks and not by_codes else {}
        self.rows = RowsOfValues(self)
        self._made = 0
        self._shared: dict[tuple[Any, ...], str] = {}
        for node in program.nodes:
            self._emit(node)
        for name, source in program.outputs.items():
            self.rows.whole(source)
            self.op("Identity", [source], output_port(program, name))
        self._leave_out_decoded()

    def op(
        self, op: str, inputs: Sequence[str], output: str = "", domain: str = "", **attrs: Any
    ) -> str:
        """Appends an operator and returns the name of its output."""
        output = output or self.name()
        self.nodes.append(OnnxNode(op, inputs, [output], attrs, domain))
        return output

    def once(self, op: str, inputs: Sequence[str], **attrs: Any) -> str:
        """As `op`; who asks for the same again gets the same output."""
        key = op, *inputs, *sorted(attrs.items())
        return self.kept(key, lambda: self.op(op, inputs, **attrs))

    def kept(self, key: tuple[Any, ...], make: Callable[[], str]) -> str:
        """What `make` appends and names; who asks for the same key again gets the same name."""
        if key not in self._shared:
            self._shared[key] = make()
        return self._shared[key]

    def branch(self, make: Callable[[], str]) -> Branch:
        """The operators that `make` appends, as a graph of their own that ends with what it returns.

        It reads the values around it. What it makes exists inside alone: `make` shares constants, no values.
        """
        around, self.nodes = self.nodes, []
        try:
            result = make()
            return Branch(self.nodes, [result])
        finally:
            self.nodes = around

    def pair(self, op: str, inputs: Sequence[str], **attrs: Any) -> tuple[str, str]:
        """Appends an operator of two outputs and returns their names."""
        names = self.name(), self.name()
        self.nodes.append(OnnxNode(op, inputs, names, attrs))
        return names

    def numbers(self, *values: int) -> str:
        """An int64 constant of one axis; who asks for the same again gets the same."""
        key = "", *values
        if key not in self._shared:
            self._shared[key] = self.constant(values)
        return self._shared[key]

    def shared(self, value: Any, dtype: Any) -> str:
        """A constant of one number; who asks for the same again gets the same."""
        key = np.dtype(dtype).name, value
        if key not in self._shared:
            self._shared[key] = self.constant(value, dtype)
        return self._shared[key]

    def constant(self, value: Any, dtype: Any = np.int64) -> str:
        """A small constant."""
        name = self.name()
        self.constants[name] = np.asarray(value, dtype)
        return name

    def activated(self, x: str, kind: str, output: str = "") -> str:
        """An activation of `isomorph.primitives.ops`, and the name of its output."""
        if kind == "gelu":
            return self.op("Gelu", [x], output)
        if kind == "gelu_tanh":
            return self.op("Gelu", [x], output, approximate="tanh")
        if kind == "silu":
            return self.op("Mul", [x, self.op("Sigmoid", [x])], output)
        if kind == "relu2":
            positive = self.op("Relu", [x])
            return self.op("Mul", [positive, positive], output)
        return self.op({"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}[kind], [x], output)

    def name(self) -> str:
        """A name that nothing has yet."""
        self._made += 1
        return f"o{self._made}"

    def _leave_out_decoded(self) -> None:
        """Leaves out matrices of which codes alone are read."""
        read = {name for node in self.nodes for name in node.inputs}
        for name, constant in list(self.constants.items()):
            if isinstance(constant, Tensor) and constant.coded is not None and name not in read:
                del self.constants[name]

    def _emit(self, node: Node) -> None:
        """On rows where that is the same and they are there; else on values with all their axes."""
        emit, inputs, output = EMITTERS[node.primitive], list(node.inputs), node.output
        values = [i for i, name in enumerate(inputs) if name and name not in self.constants]
        fixed = [self.constants[name] for name in inputs if name in self.constants]
        found = None
        if node.primitive in BY_ROW and all(len(each.shape) < 2 for each in fixed):
            found = self.rows.of_all([inputs[i] for i in values])
        if found:
            for i, rows in zip(values, found, strict=True):
                inputs[i] = rows.name
            output = self.rows.put(output, max(rows.width for rows in found), found[0].like)
        elif node.primitive not in OF_ROWS:
            for i in values:
                self.rows.whole(inputs[i])
        emit(self, inputs, output, node.attrs)


def _linear(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """Gemm on the rows of x: it takes the weight as it is stored and adds the bias on the way.

    MatMul would need the weight transposed, a second copy of it in memory.
    """
    x, weight, bias = inputs
    if coded.is_multiplied(e, weight):
        coded.linear(e, inputs, output)
        return
    outputs, width = e.constants[weight].shape
    rows = e.rows.of(x, width)
    product = e.rows.put(output, outputs, rows.like)
    e.op("Gemm", [rows.name, weight, *([bias] if bias else [])], product, transB=1)


def _layer_norm(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    names = [name for name in inputs if name]
    e.op("LayerNormalization", names, output, axis=-1, epsilon=attrs["eps"])


def _activation(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.activated(inputs[0], attrs["kind"], output)


def _softmax(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.op("Softmax", inputs, output, axis=-1)


def _rms_norm(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    x, weight = inputs
    square = e.op("ReduceMean", [e.op("Mul", [x, x]), e.constant([-1])], keepdims=1)
    root = e.op("Sqrt", [e.op("Add", [square, e.constant(attrs["eps"], np.float32)])])
    e.op("Mul", [e.op("Div", [x, root]), weight], output)


def _rotary(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """Plain operators: halves are swapped by two slices and a concatenation."""
    x, cos, sin = inputs
    e.rows.have_axes_of(output, x)
    heads = split_heads(e, x, attrs["heads"])
    size = e.op("Shape", [cos], start=-1)
    half = e.op("Div", [size, e.constant([2])])
    zero, last = e.constant([0]), e.constant([-1])
    end = e.constant([2**31 - 1])

    def part(start: str, stop: str) -> str:
        return e.op("Slice", [heads, start, stop, last])

    turning, rest = part(zero, size), part(size, end)
    swapped = e.op("Concat", [e.op("Neg", [part(half, size)]), part(zero, half)], axis=-1)
    cosines, sines = (e.op("Unsqueeze", [name, e.constant([-2])]) for name in (cos, sin))
    turned = e.op("Add", [e.op("Mul", [turning, cosines]), e.op("Mul", [swapped, sines])])
    whole = e.op("Concat", [turned, rest], axis=-1)
    e.op("Reshape", [whole, e.constant([0, 0, -1])], output)


def _reshape(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.op("Reshape", [*inputs, e.constant(list(attrs["shape"]))], output)


def _transpose(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.op("Transpose", inputs, output, perm=list(attrs["perm"]))


def _gather_elements(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    e.op("GatherElements", inputs, output, axis=-1)


def _reduce(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """Sum or maximum along one axis; the sum says where there is a NaN, which the maximum may leave out."""
    given, kept = [*inputs, e.constant([attrs["axis"]])], int(attrs["keepdims"])
    if attrs["kind"] == "sum":
        e.op("ReduceSum", given, output, keepdims=kept)
        return
    total = e.op("ReduceSum", given, keepdims=kept)
    largest = e.op("ReduceMax", given, keepdims=kept)
    e.op("Where", [e.op("IsNaN", [total]), total, largest], output)


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


def _scatter_max(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """ScatterElements into zeros; its maximum takes what lies there already into account."""
    x, index = inputs
    shape = e.op("Concat", [e.op("Shape", [x], end=1), e.constant([attrs["size"]])], axis=0)
    zeros = e.op("Expand", [e.constant([0], np.float32), shape])
    y = e.op("ScatterElements", [zeros, index, x], axis=1, reduction="max")
    marks = e.op("Cast", [e.op("IsNaN", [x])], to=DTYPES["float32"])  # which a maximum may lose
    met = e.op("ScatterElements", [zeros, index, marks], axis=1, reduction="add")
    seen = e.op("Greater", [met, e.constant(0, np.float32)])
    e.op("Where", [seen, e.constant(np.nan, np.float32), y], output)


def _keep_largest(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """TopK, which takes the lower index of equal values, and its values back to their places."""
    values, index = e.pair("TopK", [*inputs, e.constant([attrs["count"]])], axis=-1)
    zeros = e.op("Expand", [e.constant([0], np.float32), e.op("Shape", inputs)])
    e.op("ScatterElements", [zeros, index, values], output, axis=-1)


def _conv1d(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """Conv wants the positions last."""
    x, *weights = [name for name in inputs if name]
    x = e.op("Transpose", [x], perm=[0, 2, 1])
    sizes = {"pads": list(attrs["padding"]), "strides": [attrs["stride"]], "group": attrs["groups"]}
    y = e.op("Conv", [x, *weights], **sizes)
    e.op("Transpose", [y], output, perm=[0, 2, 1])


def _lstm(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    """ONNX has the gates in the order i, o, f, g, the positions first, and an axis of directions.

    ONNX Runtime clips what a gate gets, and so loses NaN, which is put back from its position on.
    """
    x, lengths, *weights = inputs
    order, gates = e.constant([0, 3, 1, 2]), e.constant([4, attrs["hidden"], -1])
    flat = [e.constant([1, 4 * attrs["hidden"], -1])] * 2 + [e.constant([1, -1])]
    ordered = [
        e.op("Reshape", [e.op("Gather", [e.op("Reshape", [name, gates]), order], axis=0), shape])
        for name, shape in zip(weights, flat, strict=True)
    ]
    none = e.constant(
        np.zeros((1, 4 * attrs["hidden"])), np.float32
    )  # of the state: one bias will do
    bias = e.op("Concat", [ordered[2], none], axis=1)
    y = e.op(
        "LSTM",
        [
            e.op("Transpose", [x], perm=[1, 0, 2]),
            *ordered[:2],
            bias,
            e.op("Cast", [lengths], to=DTYPES["int32"]),
        ],
        hidden_size=attrs["hidden"],
        direction="reverse" if attrs["reverse"] else "forward",
    )
    y = e.op("Transpose", [e.op("Squeeze", [y, e.constant([1])])], perm=[1, 0, 2])
    seen = _nan_seen(e, x, lengths, weights, attrs["reverse"])
    e.op("Where", [seen, e.constant(np.nan, np.float32), y], output)


def _nan_seen(e: Emitter, x: str, lengths: str, weights: Sequence[str], reverse: bool) -> str:
    """Whether a recurrence has met a NaN at each position of x (B, T, I), or in its weights: (B, T, 1)."""
    stop = e.op("Squeeze", [e.op("Shape", [x], start=1, end=2)])
    places = e.op(
        "Unsqueeze", [e.op("Range", [e.constant(0), stop, e.constant(1)]), e.constant([0])]
    )
    real = e.op("Less", [places, e.op("Unsqueeze", [lengths, e.constant([1])])])
    real = e.op("Cast", [e.op("Unsqueeze", [real, e.constant([2])])], to=DTYPES["float32"])
    nans = e.op("Mul", [_count_nans(e, x, [2]), real])
    for weight, axes in zip(weights, ([0, 1], [0, 1], [0]), strict=True):  # the last is the bias
        nans = e.op("Add", [nans, _count_nans(e, weight, axes)])
    running = e.op("CumSum", [nans, e.constant(1)], reverse=int(reverse))
    return e.op("Greater", [running, e.constant(0, np.float32)])


def _count_nans(e: Emitter, x: str, axes: Sequence[int]) -> str:
    marks = e.op("Cast", [e.op("IsNaN", [x])], to=DTYPES["float32"])
    return e.op("ReduceSum", [marks, e.constant(axes)], keepdims=1 if len(axes) == 1 else 0)


def _scatter_sum(e: Emitter, inputs: Sequence[str], output: str, attrs: Attrs) -> None:
    x, index = inputs
    rows = e.op("Shape", [x], start=0, end=1)
    shape = e.op("Concat", [rows, e.constant([attrs["size"]])], axis=0)
    zeros = e.op("Expand", [e.constant([0], np.float32), shape])
    e.op("ScatterElements", [zeros, index, x], output, axis=1, reduction="add")


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
    "attention": attention,
    "cast": _cast,
    "compare": _compare,
    "concat": _concat,
    "conv1d": _conv1d,
    "cos": _same("Cos"),
    "cumsum": _with_axis("CumSum"),
    "divide": _same("Div"),
    "embedding": coded.embedding,
    "experts": experts,
    "gather_elements": _gather_elements,
    "keep_largest": _keep_largest,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "log1p": _log1p,
    "lstm": _lstm,
    "matmul": _same("MatMul"),
    "maximum": _same("Max"),
    "multiply": _same("Mul"),
    "reduce": _reduce,
    "reshape": _reshape,
    "rms_norm": _rms_norm,
    "rotary": _rotary,
    "scatter_max": _scatter_max,
    "scatter_sum": _scatter_sum,
    "segment_mean": _segment_mean,
    "sin": _same("Sin"),
    "softmax": _softmax,
    "sqrt": _same("Sqrt"),
    "squeeze": _with_axis("Squeeze"),
    "subtract": _same("Sub"),
    "take": _take,
    "transpose": _transpose,
    "unsqueeze": _with_axis("Unsqueeze"),
    "where": _same("Where"),
}
"""An emitter for each primitive."""
