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
from isomorph.model.model import Model
from isomorph.plugins.table import kind_named
from isomorph.primitives.program import VALUES
from isomorph.program.width import widths

Axes = tuple[str | int, ...]

Extents = tuple[int | None, ...]
"""The sizes that a file writes down for the axes of an output; None where only a forward decides."""

_COUNTED = frozenset(("rows", "width", "tokens"))
"""Axes whose sizes are those of a batch. Every other one has a size of the model."""


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
    fits = len(shape) == len(axes) and all(
        size == _size(axis, known, size) for axis, size in zip(axes, shape, strict=True)
    )
    return "" if fits else f"has the shape {shape}, not {_said(axes, known)}"


def _size(axis: str | int, known: Mapping[str, int], otherwise: int) -> int:
    """The size that an axis has to have."""
    return axis if isinstance(axis, int) else known.get(axis, otherwise)


def _said(axes: Axes, known: Mapping[str, int]) -> str:
    """Axes by name, and their sizes where they are known."""
    named = {axis: f"{axis} {size}" for axis, size in known.items()}
    said = (named.get(axis, axis) if isinstance(axis, str) else str(axis) for axis in axes)
    return f"({', '.join(said)})"


def _written(extents: Extents) -> str:
    """What a file writes down for axes, ``?`` for those that it leaves free."""
    return f"({', '.join('?' if size is None else str(size) for size in extents)})"


class Expected:
    """What the modules of a model write, for the values that a file of its folder computes in their place.

    For backends that go on computing with such values, where a missing row would be broadcast. Axes are
    known by name, and the number of features where the modules say it.
    """

    def __init__(self, model: Model) -> None:
        """`model` is cut to the modules that the file stands for."""
        self._graph = model.graph
        self._axes = axes_of(model.graph)
        known = widths(model)
        self._own = {name: last_axis(axes, known.get(name)) for name, axes in self._axes.items()}

    def fixed_misfit(self, name: str, extents: Extents | None) -> str:
        """What is wrong with the axes that a file writes down for a value; "" where nothing is.

        `extents` is None where the file leaves open how many axes there are. Sizes of a batch must be free.
        """
        axes = self._axes.get(name, ())
        if not axes or extents is None:
            return ""
        own = self._own[name]
        fits = len(extents) == len(axes) and all(
            size is None or (axis not in _COUNTED and size == _size(axis, own, size))
            for axis, size in zip(axes, extents, strict=True)
        )
        return "" if fits else f"has the shape {_written(extents)}, not {_said(axes, own)}"

    def refuse_fixed(self, file: Path, extents: Mapping[str, Extents | None]) -> None:
        """Holds what an engine found out about a file's outputs before any forward.

        Raises:
            BadModel: an output can never have the axes of the value; names the file.
        """
        for name, own in extents.items():
            wrong = self.fixed_misfit(name, own)
            if wrong:
                raise misshapen(file, f"{name!r} {wrong}")

    def refuse(
        self,
        file: Path,
        shapes: Mapping[str, tuple[int, ...]],
        feeds: Mapping[str, NDArray[Any]],
    ) -> None:
        """Holds what a file computed of `feeds`.

        Raises:
            BadModel: a value has other axes; names the file.
        """
        known = sizes(feeds, self._graph)
        for name, shape in shapes.items():
            own = {**known, **self._own.get(name, {})}
            wrong = misfit(self._axes.get(name, ()), tuple(shape), own)
            if wrong:
                raise misshapen(file, f"{name!r} {wrong}")


def last_axis(axes: Axes, width: int | None) -> Mapping[str, int]:
    """The size of the axis that counts features, words or labels, by its name; {} where nobody knows."""
    last = axes[-1] if axes else ""
    return {last: width} if isinstance(last, str) and last not in ("", *_COUNTED) and width else {}


def misshapen(file: Path, what: str) -> BadModel:
    """The error for a file that computes values of other shapes."""
    return BadModel(
        f"{file} does not compute what this model needs: {what}. Export it again with free axes for rows "
        "and tokens, or remove it."
    )
