"""Products and tables of matrices that are stored as codes (`isomorph.contract.Tensor.coded`).

A row of x is rounded to 8 bits with a scale of its own, so that no row depends on its neighbours; to 7 bits
where the processor adds two products in 16 bits:

    x (N, I) -> codes u8 and a scale (N, 1)
    codes times stored codes -> int32 (N, O), exact, times the scale of the output
    times the scale of the row, plus bias

Columns that are set apart (`Coded.apart`) are not rounded: they are a product of floats, which is added.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isomorph.contract import Tensor
from isomorph.program import Program
from isomorph_onnx.graph import CONTRIB, DTYPES

if TYPE_CHECKING:
    from isomorph_onnx.emit import Emitter

LEAST = 1e-30
"""The smallest scale: a row whose numbers are all smaller is taken for zeros."""


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of numbers in a row: from 0 to `largest`, without a sign."""

    largest: int
    middle: int
    """The code that stands for 0 among numbers of both signs."""
    low: int
    """The same among numbers hardly below 0: those above have nearly twice the codes."""


OF_8_BITS = Codes(255, 128, 16)
OF_7_BITS = Codes(127, 64, 8)
"""Two products with codes of weights, added, stay within 16 bits."""
_HARDLY_BELOW_0 = frozenset(["gelu", "gelu_tanh", "relu", "relu2", "sigmoid", "silu"])
"""Activations whose results are above -0.3, and mostly above 0."""


def multiplied(program: Program) -> bool:
    """Whether a folder asks that some layer of the program is computed from codes."""
    return any(
        node.primitive == "linear" and _by_codes(program.constants.get(node.inputs[1]))
        for node in program.nodes
    )


def _by_codes(weight: Any) -> bool:
    coded = weight.coded if isinstance(weight, Tensor) else None
    if coded is None or coded.activations != "int8":
        return False
    return coded.apart is not None or coded.scales.shape[1] == 1


def is_multiplied(e: Emitter, weight: str) -> bool:
    """Whether a layer is to be computed from the codes of its weight."""
    return e.by_codes and _by_codes(e.constants.get(weight))


def linear(e: Emitter, inputs: Sequence[str], output: str) -> None:
    """A linear layer of codes, on the rows of x."""
    x, weight, bias = inputs
    outputs, width = e.constants[weight].shape
    rows = e.rows.of(x, width)
    product = e.rows.put(output, outputs, rows.like)
    most, term, apart = rows.name, bias, _apart(e, weight)
    *stored, columns = _stored(e, weight, apart)
    if apart:
        most, few = _parted(e, rows.name, width, apart)
        term = e.op("Gemm", [few, columns, *([bias] if bias else [])])
    y = _product(e, most, stored, _zero(e, x), "" if term else product)
    if term:
        e.op("Add", [y, term], product)


def _product(e: Emitter, x: str, stored: Sequence[str], zero: int, output: str) -> str:
    """Rows of x, rounded, times codes of a matrix."""
    codes, scale = _rounded(e, x, zero)
    matrix, steps = stored
    operands = [codes, matrix, e.shared(1, np.float32), steps]
    operands += [e.shared(zero, np.uint8), e.shared(0, np.int8)]
    y = e.op("MatMulIntegerToFloat", operands, domain=CONTRIB)
    return e.op("Mul", [y, scale], output)


def _apart(e: Emitter, weight: str) -> tuple[int, ...]:
    """The columns of a matrix that are set apart.

    Raises:
        BadModel: what is stored are no such columns.
    """
    tensor: Any = e.constants[weight]
    return tuple(tensor.coded.columns().tolist())


def _parted(e: Emitter, x: str, width: int, apart: tuple[int, ...]) -> tuple[str, str]:
    """x with zeros in the columns that are set apart, and these columns alone; layers share both."""

    def others() -> str:
        mask = np.ones(width)
        mask[list(apart)] = 0.0
        return e.constant(mask, np.float32)

    mask = e.kept(("others", width, *apart), others)
    return e.once("Mul", [x, mask]), e.once("Gather", [x, e.numbers(*apart)], axis=1)


def _zero(e: Emitter, x: str) -> int:
    """The code that stands for 0 among those of x."""
    source = e.sources.get(x)
    one_sided = (
        source is not None
        and source.primitive == "activation"
        and source.attrs["kind"] in _HARDLY_BELOW_0
    )
    codes = row_codes()
    return codes.low if one_sided else codes.middle


def _rounded(e: Emitter, x: str, zero: int) -> tuple[str, str]:
    """Codes uint8 (N, I) and scales (N, 1) of rows; layers that read the same rows share them.

    A maximum may pass over a NaN, and a code is never one: the sum puts it into the scale.
    """
    last = e.numbers(-1)
    highest, lowest, total = (
        e.once(op, [x, last], keepdims=1) for op in ("ReduceMax", "ReduceMin", "ReduceSum")
    )
    above = e.once("Mul", [highest, e.shared(1 / (row_codes().largest - zero), np.float32)])
    below = e.once("Mul", [lowest, e.shared(-1 / zero, np.float32)])
    largest = e.once("Max", [above, below, e.shared(LEAST, np.float32)])
    scale = e.once("Where", [e.once("IsNaN", [total]), total, largest])
    of_rows = e.once("Squeeze", [scale, last])
    zeros = e.once("Expand", [e.shared(zero, np.uint8), e.once("Shape", [of_rows])])
    return e.once("QuantizeLinear", [x, of_rows, zeros], axis=0), scale


def _stored(e: Emitter, weight: str, apart: tuple[int, ...]) -> tuple[str, str, str]:
    """The names of a matrix's codes (I, O), scales (O,) and columns that are set apart (columns, O).

    These columns are numbers; what they multiply is not rounded. The engine packs a constant once, and its
    products with packed matrices sum so few numbers of a row in one order: a row keeps its bits beside any.

    Raises:
        BadModel: a scale is not a finite number above 0.
    """
    tensor: Any = e.constants[weight]
    codes, scales = tensor.coded.numbers()
    names = f"{weight}:codes", f"{weight}:scales", f"{weight}:columns"
    e.constants[names[0]] = np.ascontiguousarray(codes.T)
    e.constants[names[1]] = np.ascontiguousarray(scales[:, 0])
    if apart:
        columns = codes[:, list(apart)] * scales[:, 1:]
        e.constants[names[2]] = np.ascontiguousarray(columns.T, np.float32)
    return names


def row_codes() -> Codes:
    """The codes of rows with which products are exact on this processor."""
    return OF_8_BITS if adds_in_32_bits() else OF_7_BITS


@cache
def adds_in_32_bits(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this processor adds products of bytes in 32 bits at once.

    Without VNNI an x86 adds two of them in 16 bits. The engine has a way around, by bytes that are widened
    first, which takes a third more time.
    """
    if platform.machine().lower() not in ("x86_64", "amd64", "i686"):
        return True
    if not cpuinfo.is_file():
        return False
    flags = next(
        (line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")), ""
    )
    return not {"avx512_vnni", "avx_vnni"}.isdisjoint(flags.split())


def embedding(e: Emitter, inputs: Sequence[str], output: str, attrs: Mapping[str, Any]) -> None:
    """Rows of a table; of one that is stored as codes these are gathered, and become numbers then."""
    table, ids = inputs
    coded = getattr(e.constants.get(table), "coded", None)
    if not e.keeps_codes or coded is None or coded.weights != "int8" or coded.scales.shape[1] != 1:
        e.op("Gather", inputs, output)
        return
    names = f"{table}:codes", f"{table}:scales"
    e.constants[names[0]], e.constants[names[1]] = coded.numbers()
    codes = e.op("Cast", [e.op("Gather", [names[0], ids])], to=DTYPES["float32"])
    e.op("Mul", [codes, e.op("Gather", [names[1], ids])], output)
