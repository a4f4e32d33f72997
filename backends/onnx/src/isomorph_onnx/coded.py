"""Products and tables of matrices that are stored as codes (`isomorph.contract.Tensor.coded`).

A row of x is rounded to 8 bits with a scale of its own, so that no row depends on its neighbours:

    x (N, I) -> codes u8, 128 for 0, and a scale (N, 1)
    MatMulInteger(codes, stored codes) -> int32 (N, O), exact
    times the scale of the row, times the scale of the output, plus bias
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isomorph.contract import Tensor
from isomorph.program import Program
from isomorph_onnx.graph import DTYPES

if TYPE_CHECKING:
    from isomorph_onnx.emit import Emitter

LEAST = 1e-30
"""A row whose largest number is smaller is taken for zeros."""
_ZERO = 128
"""What stands for 0 among codes without a sign."""


def multiplied(program: Program) -> bool:
    """Whether a folder asks that some layer of the program is computed from codes."""
    return any(
        node.primitive == "linear" and _by_codes(program.constants.get(node.inputs[1]))
        for node in program.nodes
    )


def _by_codes(weight: Any) -> bool:
    coded = weight.coded if isinstance(weight, Tensor) else None
    return coded is not None and coded.activations == "int8" and coded.scales.shape[1] == 1


def is_multiplied(e: Emitter, weight: str) -> bool:
    """Whether a layer is to be computed from the codes of its weight."""
    return e.by_codes and _by_codes(e.constants.get(weight))


def linear(e: Emitter, inputs: Sequence[str], output: str) -> None:
    """A linear layer of codes, on the rows of x."""
    x, weight, bias = inputs
    outputs, width = e.constants[weight].shape
    rows = e.rows.of(x, width)
    product = e.rows.put(output, outputs, rows.like)
    codes, scale = _rounded(e, rows.name)
    matrix, steps, zero = _stored(e, weight)
    exact = e.op("MatMulInteger", [codes, matrix, e.shared(_ZERO, np.uint8), zero])
    y = e.op("Mul", [e.op("Cast", [exact], to=DTYPES["float32"]), scale])
    y = e.op("Mul", [y, steps], "" if bias else product)
    if bias:
        e.op("Add", [y, bias], product)


def _rounded(e: Emitter, x: str) -> tuple[str, str]:
    """Codes uint8 (N, I) and scales (N, 1) of rows; layers that read the same rows share them.

    A maximum may pass over a NaN, and a code is never one: the sum puts it into the scale.
    """
    top = e.once("ReduceMax", [e.once("Abs", [x]), e.numbers(-1)], keepdims=1)
    total = e.once("ReduceL1", [x, e.numbers(-1)], keepdims=1)
    least = e.once("Max", [top, e.shared(LEAST, np.float32)])
    largest = e.once("Where", [e.once("IsNaN", [total]), total, least])
    scale = e.once("Div", [largest, e.shared(127, np.float32)])
    steps = e.once("Round", [e.once("Div", [x, scale])])
    lifted = e.once("Add", [steps, e.shared(_ZERO, np.float32)])
    return e.once("Cast", [lifted], to=DTYPES["uint8"]), scale


def _stored(e: Emitter, weight: str) -> tuple[str, str, str]:
    """The names of a matrix's codes (I, O), of its scales (O,), and of what stands for 0 among the codes.

    Raises:
        BadModel: a scale is not a finite number above 0.
    """
    tensor: Any = e.constants[weight]
    codes, scales = tensor.coded.numbers()
    turned = np.ascontiguousarray(codes.T)
    signed = multiplies_signed()
    names = f"{weight}:codes", f"{weight}:scales"
    e.constants[names[0]] = turned if signed else (turned.astype(np.int16) + _ZERO).astype(np.uint8)
    e.constants[names[1]] = np.ascontiguousarray(scales[:, 0])
    zero = e.shared(0, np.int8) if signed else e.shared(_ZERO, np.uint8)
    return *names, zero


@cache
def multiplies_signed(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this processor multiplies bytes without sign by bytes with sign exactly.

    Without VNNI an x86 adds two such products in 16 bits, which overflow; bytes without sign on both
    sides are widened first.
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
