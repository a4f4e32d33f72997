"""What a session promises of its results, held against what it returned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isomorph.contract import BackendInfo, Graph, Values
from isomorph.errors import ContractError, IsomorphError
from isomorph.program.axes import Axes, axes_of, last_axis, measuring, misfit, misshapen, sizes


class Promise:
    """Names, types and axes of the values that a session returns, and sizes that stay as they are.

    Checked at every forward, since an engine that broadcasts would hide a row that is missing.
    """

    def __init__(
        self,
        info: BackendInfo,
        graph: Graph,
        depth: int,
        artifact: Path | None,
        widths: Mapping[str, int | None] | None = None,
    ) -> None:
        """Of a session of `info` that runs the first `depth` modules, perhaps in a file of the folder.

        `widths` are the numbers of features that the modules say, by value.
        """
        self._info = info
        self._artifact = artifact
        self._graph = graph
        self._measure, self._counted = measuring(graph)
        known = axes_of(graph)
        names = graph.live(depth)
        self._axes = {name: known.get(name, ()) for name in names}
        self._leading = {name: _leading(axes) for name, axes in self._axes.items()}
        self._last = {
            name: last_axis(axes, (widths or {}).get(name)) for name, axes in self._axes.items()
        }
        self._own: dict[str, tuple[int, ...]] = {}

    def check(self, values: Values, feeds: Values) -> None:
        """Refuses what was not promised.

        Raises:
            BadModel: a file of the model's folder computes values of other shapes; names it.
            ContractError: other names or types; other shapes where no file is in use.
        """
        try:
            names = values.keys()
        except AttributeError:  # asked this way, since a check of the type costs every forward
            raise self._broken(f"forward returned a {type(values).__name__}, no mapping") from None
        if names != self._axes.keys():
            found = sorted(names, key=str)
            raise self._broken(f"forward returned {found} instead of {sorted(self._axes)}")
        for name, array in values.items():
            if self._is_as_before(name, array, feeds):
                continue
            if not isinstance(array, np.ndarray) or array.dtype != np.float32:
                kind = getattr(array, "dtype", type(array).__name__)
                raise self._broken(f"{name!r} is {kind}, not a float32 numpy array")
            self._check_shape(name, array.shape, sizes(feeds, self._graph))

    def _is_as_before(self, name: str, array: Any, feeds: Values) -> bool:
        """Whether it has the type and the sizes of before, which is asked first as it is quickly answered."""
        known = self._own.get(name)
        if known is None or type(array) is not np.ndarray or array.dtype != np.float32:
            return False
        leading = self._leading[name]
        counts = feeds[self._measure].shape[:leading] if leading else ()
        return leading <= self._counted and bool(array.shape == (*counts, *known))

    def _check_shape(self, name: str, shape: tuple[int, ...], counts: Mapping[str, int]) -> None:
        axes = self._axes[name]
        wrong = misfit(axes, shape, {**counts, **self._last[name]})
        if wrong:
            raise self._misshapen(f"{name!r} {wrong}")
        if not axes:
            return
        own = tuple([n for axis, n in zip(axes, shape, strict=True) if axis not in counts])
        first = self._own.setdefault(name, own)
        if own != first:
            raise self._misshapen(f"{name!r} has the shape {shape}, and ended in {first} before")

    def _misshapen(self, what: str) -> IsomorphError:
        """The fault is the file's where one computes."""
        if self._artifact is None:
            return self._broken(what)
        return misshapen(self._artifact, what)

    def _broken(self, law: str) -> ContractError:
        return ContractError(self._info.name, self._info.distribution, law)


def _leading(axes: Axes) -> int:
    """How many axes at the beginning count what the feeds have: rows, or rows and tokens."""
    return 2 if axes[:2] == ("rows", "width") else int(axes[:1] == ("rows",))
