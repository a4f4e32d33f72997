"""Experts in ONNX operators: each network runs on the positions that ask for it, found at run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from isomorph_onnx.emit import Emitter


def experts(e: Emitter, inputs: Sequence[str], output: str, attrs: Mapping[str, Any]) -> None:
    """GatherND picks positions, and ScatterND adds what a network makes of them.

    A network that no position asks gets no rows, which every operator here takes.
    """
    x, routes, *matrices = inputs
    count = attrs["count"]
    width = e.constants[matrices[0]].shape[1]
    rows, shares = e.rows.of(x, width), e.rows.of(routes, count).name
    total = e.op("Mul", [rows.name, e.constant(0, np.float32)])
    for index in range(count):
        share = e.op("Gather", [shares, e.numbers(index)], axis=1)  # (N, 1)
        asking = e.op("NonZero", [e.op("Squeeze", [share, e.numbers(1)])])
        found = e.op("Transpose", [asking], perm=[1, 0])  # (M, 1)
        own = _network(e, e.op("GatherND", [rows.name, found]), matrices[index::count], attrs)
        answer = e.op("Mul", [own, e.op("GatherND", [share, found])])
        into = e.rows.put(output, width, rows.like) if index == count - 1 else ""
        total = e.op("ScatterND", [total, found, answer], into, reduction="add")


def _network(e: Emitter, x: str, matrices: Sequence[str], attrs: Mapping[str, Any]) -> str:
    up, down, *gate = matrices
    inner = e.op("Gemm", [x, up], transB=1)
    if gate:
        opened = e.activated(e.op("Gemm", [x, *gate], transB=1), attrs["activation"])
        inner = e.op("Mul", [opened, inner])
    else:
        inner = e.activated(inner, attrs["activation"])
    return e.op("Gemm", [inner, down], transB=0 if attrs["turned"] else 1)
