"""The axes of the values that cross the border, and what is wrong with an array that has others.

numpy and engines broadcast: a value with one row would be taken for the value of every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from isomorph.errors import BadModel
from isomorph.model.graph import Graph
from isomorph.plugins.table import kind_named
from isomorph.primitives.program import VALUES

Axes = tuple[str | int, ...]


def axes_of(graph: Graph) -> Mapping[str, Axes]:
    """The axes of the values that the modules of a chain write, by name; () where nobody knows.

    A module may be told to write its result under another name.
    """
    found = {name: _known(name) for module in graph.modules for name in module.outputs}
    for module in graph.modules:
        if any(not found[name] for name in module.outputs):
            meaning = kind_named(module.kind).meaning
            known = meaning(module) if meaning is not None else {}
            found |= {name: VALUES[known[name]].axes for name in known if not found[name]}
    return found


def _known(name: str) -> Axes:
    return VALUES[name].axes if name in VALUES else ()


def sizes(feeds: Mapping[str, NDArray[Any]], graph: Graph) -> Mapping[str, int]:
    """How many rows a forward has, and how wide they are where they are padded: what the feeds count."""
    found: dict[str, int] = {}
    for name, array in feeds.items():
        for axis, size in zip(graph.feed(name).axes, array.shape, strict=False):
            if isinstance(axis, str):
                found.setdefault(axis, size)
    return {axis: found[axis] for axis in ("rows", "width") if axis in found}


def measuring(graph: Graph) -> tuple[str, int]:
    """The feed that tells how large a forward is, and how many of its first axes do: rows, or width too.

    ("", 0) where no feed has rows.
    """
    axes = {name: graph.feed(name).axes for name in graph.inputs}
    for count, wanted in ((2, ("rows", "width")), (1, ("rows",))):
        for name, own in axes.items():
            if own[:count] == wanted:
                return name, count
    return "", 0


def misfit(axes: Axes, shape: tuple[int, ...], known: Mapping[str, int]) -> str:
    """What is wrong with the shape of a value with these axes; "" where nothing is.

    `known` are the `sizes` of the feeds that the value was made of.
    """
    if not axes:
        return ""
    wanted = [axis if isinstance(axis, int) else known.get(axis) for axis in axes]
    fits = len(shape) == len(axes) and all(
        size is None or size == own for size, own in zip(wanted, shape, strict=True)
    )
    if fits:
        return ""
    said = ", ".join(
        str(axis) if size in (None, axis) else f"{axis} {size}"
        for axis, size in zip(axes, wanted, strict=True)
    )
    return f"has the shape {shape}, not ({said})"


def refuse_misfits(
    file: Path,
    graph: Graph,
    shapes: Mapping[str, tuple[int, ...]],
    feeds: Mapping[str, NDArray[Any]],
) -> None:
    """Holds what a file of the model's folder computed against what the modules of `graph` write.

    For backends that go on computing with it, where a missing row would be broadcast.

    Raises:
        BadModel: a value has other axes; names the file.
    """
    known, axes = sizes(feeds, graph), axes_of(graph)
    for name, shape in shapes.items():
        wrong = misfit(axes.get(name, ()), tuple(shape), known)
        if wrong:
            raise misshapen(file, f"{name!r} {wrong}")


def misshapen(file: Path, what: str) -> BadModel:
    """The error for a file that computes values of other shapes."""
    return BadModel(
        f"{file} does not compute what this model needs: {what}. Export it again with free axes for rows "
        "and tokens, or remove it."
    )
