"""Low-rank adapters of which a model has one for each task, in the same tensors, as Jina publishes them.

Where a layer has them its weight is called ``LAYER.parametrizations.weight.original``. Beside it lie
``LAYER.parametrizations.weight.0.lora_A`` (tasks, rank, inputs) and ``…lora_B`` (tasks, outputs, rank); of a
table ``lora_A`` (tasks, rows, rank) and ``lora_B`` (tasks, rank, features). A task adds ``scaling B A`` to
the weight, for a table ``scaling A B`` (Sturua et al. 2024, arXiv:2409.10173). Without a task nothing is
added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel
from isomorph.files.tensor import Made, Tensor
from isomorph.primitives.builder import FLOATS

_ORIGINAL = ".parametrizations.weight.original"
_FIRST, _SECOND = ".parametrizations.weight.0.lora_A", ".parametrizations.weight.0.lora_B"


@dataclass(frozen=True, slots=True)
class TaskAdapters:
    """The tasks, in the order in which the tensors hold them, and the factor of what they add."""

    names: tuple[str, ...]
    scaling: float


def task_adapters(
    names: tuple[str, ...], config: Mapping[str, Any], stored: Mapping[str, Tensor]
) -> TaskAdapters | None:
    """The adapters in these tensors; None where there are none.

    Args:
        names: the tasks that a ``config.json`` lists.
        config: the whole of it, which was judged.
        stored: the tensors beside it, by the names that they have in their files.

    Raises:
        BadModel: tensors and configuration do not belong together.
    """
    there = any(name.endswith(_FIRST) for name in stored)
    if not there:
        if names and config.get("load_trained_adapters"):
            raise BadModel(
                f"config.json names adapters for {', '.join(names)}, and the weights hold none."
            )
        return None
    if not names or len(set(names)) != len(names):
        raise BadModel(
            f"The weights hold adapters, and config.json lists the tasks {list(names)} for them."
        )
    rank = config.get("lora_rank") or 4  # the defaults of the published code
    alpha = config.get("lora_alpha")
    return TaskAdapters(names, float(1 if alpha is None else alpha) / rank)


def has_tasks(stored: Mapping[str, Tensor]) -> bool:
    """Whether tensors have the names that layers with adapters of tasks give them."""
    return any(name.endswith(_ORIGINAL) for name in stored)


def without_tasks(stored: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The weights of the model alone, under the names that they have without adapters."""
    if not has_tasks(stored):
        return stored
    return {
        name.replace(_ORIGINAL, ".weight"): tensor
        for name, tensor in stored.items()
        if not name.endswith((_FIRST, _SECOND))
    }


def with_task(
    stored: Mapping[str, Tensor], adapters: TaskAdapters, task: str, where: str
) -> Mapping[str, Tensor]:
    """As `without_tasks`, with what a task adds merged in; the sums are computed when they are read.

    Raises:
        BadModel: a matrix is missing or of another shape.
    """
    found = dict(without_tasks(stored))
    for name, first in stored.items():
        if name.endswith(_FIRST):
            layer = name.removesuffix(_FIRST)
            weight, second = found.get(f"{layer}.weight"), stored.get(layer + _SECOND)
            if weight is None or second is None:
                raise BadModel(f"{where}: the adapters of {layer!r} lack a weight or a matrix.")
            found[f"{layer}.weight"] = _merged(
                _Layer(f"{where}: {layer!r}", weight, first, second), adapters, task
            )
    return found


@dataclass(frozen=True, slots=True)
class _Layer:
    where: str
    weight: Tensor
    first: Tensor
    second: Tensor


def _merged(layer: _Layer, adapters: TaskAdapters, task: str) -> Tensor:
    weight, first, second = layer.weight, layer.first, layer.second
    turned = _is_table(layer, len(adapters.names))
    for tensor in (weight, first, second):
        if tensor.dtype not in FLOATS:
            raise BadModel(
                f"{layer.where}: a matrix of it is stored as {tensor.dtype}, not as floats."
            )
    at = adapters.names.index(task)
    a, b = first.rows(at, at + 1), second.rows(at, at + 1)
    scaling = np.float32(adapters.scaling)

    def total() -> NDArray[Any]:
        low, high = a.numpy()[0], b.numpy()[0]
        added = low @ high if turned else high @ low
        return np.ascontiguousarray(weight.numpy() + added * scaling, np.float32)

    held = [each.held for each in (a, b) if each.held is not None]
    sources = tuple({file.path: file for file in held}.values())
    recipe = f"task {at} of {first.offset} {second.offset} {adapters.scaling!r}"
    return weight.remade(weight.shape, Made(total, recipe, sources), "F32")


def _is_table(layer: _Layer, tasks: int) -> bool:
    """Whether the adapters are those of a table; told by the shapes, which must fit one of the two."""
    shape, first, second = layer.weight.shape, layer.first.shape, layer.second.shape
    if len(shape) == 2 and len(first) == 3:
        rows, features = shape
        if (first, second) == ((tasks, first[1], features), (tasks, rows, first[1])):
            return False
        if (first, second) == ((tasks, rows, first[2]), (tasks, first[2], features)):
            return True
    raise BadModel(
        f"{layer.where} of shape {shape} has adapters of {first} and {second} for {tasks} tasks."
    )
