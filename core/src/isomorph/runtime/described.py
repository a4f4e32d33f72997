"""What a person sees of a loaded model at a prompt: its modules, who runs it, and where."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from isomorph.contract import Model
from isomorph.runtime.loaded import Loaded

MOST = 9
"""Modules that are listed; of longer chains the last line counts the others."""


def described(name: str, loaded: Loaded) -> str:
    """A few lines: a class of this name with its backend and device, then a line a module. Loads nothing."""
    folder, backend = str(loaded.model.folder), loaded.backend.name
    title = f"{name}({folder!r}, backend={backend!r}, device='{loaded.device}')"
    rows = list(_rows(loaded))
    shown = rows[:MOST]
    widths = [max(len(row[column]) for row in shown) for column in range(3)]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=False)) for row in shown
    ]
    more = [f"and {len(rows) - MOST} modules more"] if len(rows) > MOST else []
    return "\n".join([title, *(f"  {line}".rstrip() for line in [*lines, *more])])


def _rows(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    """Where each module stands, its kind, and how many weights it has."""
    for route, pipeline in loaded.routing.named():
        for place, module in enumerate(pipeline.model.graph.modules):
            size = _size(pipeline.model, place)
            weights = f"{size:,} weights" if size else ""
            yield f"{route}: {place}" if route else str(place), module.kind, weights


def _size(model: Model, place: int) -> int:
    tensors = model.tensors_of(model.graph.modules[place]).values()
    return sum(prod(tensor.shape) for tensor in tensors)
