"""Normalize: vectors to length 1, on the last axis of any value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import TEXT, Schema, maybe
from isomorph.kinds import ModuleKind, unchanged
from isomorph.model.graph import Module
from isomorph.modules.types import BASE, historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

SCHEMA: Schema = {"module_input_name": maybe(TEXT), "module_output_name": maybe(TEXT)}


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``; folder and file may be absent."""
    config = source.options(SCHEMA, "config.json")
    reads = config.get("module_input_name") or "sentence_embedding"
    writes = config.get("module_output_name") or reads
    return normalize_module(source.name, source.path, (reads,), (writes,))


def normalize_module(
    name: str,
    folder: str,
    reads: tuple[str, ...] = ("sentence_embedding",),
    writes: tuple[str, ...] = (),
) -> Module:
    """The module that normalises one value; it writes the value again where `writes` says nothing."""
    return Module("normalize", name, folder=folder, inputs=reads, outputs=writes or reads)


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """x / max(||x||, 1e-12)."""
    return {module.outputs[0]: ops.l2_normalize(values[module.inputs[0]])}


def write(module: Module, width: int | None) -> Mapping[str, Any]:
    """The names of what it reads and writes."""
    return {"module_input_name": module.inputs[0], "module_output_name": module.outputs[0]}


KIND = ModuleKind(
    name="normalize",
    classes=historical("Normalize", home=BASE),
    read=read,
    lower=lower,
    width=unchanged,
    write=write,
    repeatable=True,
)
