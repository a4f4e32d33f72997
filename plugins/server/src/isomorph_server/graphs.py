"""The chains of served models, and their beginnings, by what they compute: what other processes run here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Model
from isomorph.errors import InputError, Unsupported
from isomorph.program import Table, claimable, digest, lower, tables

KEPT = 4
"""Beginnings of a model that stay loaded beside what the model itself has loaded."""
TOKENS = 4096
"""Padded tokens of a forward of several rows at most, where the engine names no number."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The first modules of a chain of a served model."""

    pipeline: Any
    """The pipeline of the whole chain."""
    depth: int

    @property
    def tokens(self) -> int:
        """Padded tokens of a forward of several rows at most."""
        return int(self.pipeline.plan.claim.batches.tokens) or TOKENS

    def model(self, outputs: Sequence[str]) -> Model:
        """The model of these modules that gives these values.

        Raises:
            InputError: the modules write no such value.
        """
        whole: Model = self.pipeline.plan.model
        graph = whole.graph.prefix(self.depth)
        written = {name for module in graph.modules for name in module.outputs}
        if not outputs or not set(outputs) <= written:
            raise InputError(f"These modules write {', '.join(sorted(written))}.")
        return whole.with_graph(replace(graph, outputs=tuple(outputs)))


@dataclass
class Graphs:
    """What one served model runs for other processes."""

    loaded: Any
    """The `Loaded` of the model."""
    _own: OrderedDict[tuple[str, tuple[str, ...]], Any] = field(default_factory=OrderedDict)
    _lock: Any = field(default_factory=Lock)
    _cuts: dict[str, Cut] = field(default_factory=dict)
    _tables: dict[str, Mapping[str, Table]] = field(default_factory=dict)

    def find(self, wanted: str) -> Cut | None:
        """The modules with a digest, None where the model has none such."""
        if not self._cuts:
            for pipeline in self.loaded.routing:
                model = pipeline.plan.model
                for depth in range(1, len(model.graph) + 1):
                    self._cuts.setdefault(digest(model.prefix(depth)), Cut(pipeline, depth))
        return self._cuts.get(wanted)

    def files(self) -> Mapping[str, str]:
        """What tells the model's files from others, by relative name; a digest of samples of large ones."""
        found: Mapping[str, str] = self.loaded.whole.files.digests()
        return found

    def runner(self, wanted: str, cut: Cut, outputs: Sequence[str]) -> Any:
        """What runs these modules, loaded. What the model itself has loaded serves where it is the same.

        Raises:
            IsomorphError: it cannot be loaded.
        """
        pipeline, model = cut.pipeline, cut.model(outputs)
        whole = pipeline.plan.model.graph
        if len(outputs) == 1 and len(whole.until(outputs)) == cut.depth:
            return pipeline.runner(outputs[0])
        key = wanted, tuple(outputs)
        with self._lock:
            found = self._own.get(key)
            if found is None:
                found = self._own[key] = pipeline.part(model)
            self._own.move_to_end(key)
            while len(self._own) > KEPT:
                self._own.popitem(last=False)  # freed when no forward runs in it any more
        return found

    def close(self) -> None:
        """Lets go of beginnings that are loaded."""
        with self._lock:
            self._own.clear()

    def check(self, wanted: str, cut: Cut, model: Model, feeds: Mapping[str, NDArray[Any]]) -> int:
        """Looks through what a client feeds, and counts its rows.

        Raises:
            InputError: names, types or shapes are others than the modules read, ids are in no table, or the
                forward is larger than one may be.
        """
        graph, inputs = model.graph, model.inputs
        if set(feeds) != set(graph.inputs):
            raise InputError(f"These modules are fed {', '.join(graph.inputs)}.")
        sizes: dict[str, int] = {}
        for name, array in feeds.items():
            feed = graph.feed(name)
            if str(array.dtype) != feed.dtype or array.ndim != feed.rank:
                raise InputError(f"{name!r} must be {feed.dtype} of the axes {feed.axes}.")
            if not array.size and max(array.shape) > cut.tokens:  # no bytes bound that one
                raise InputError(f"{name!r} holds no number and is said to be {array.shape}.")
            for axis, size in zip(feed.axes, array.shape, strict=True):
                known = axis if isinstance(axis, int) else sizes.setdefault(axis, size)
                if known != size:
                    raise InputError(f"{name!r} has {size} {axis}, and {known} are asked for.")
        rows, width = sizes.get("rows", 0), sizes.get("width", 1)
        size = sizes["tokens"] if graph.ragged else rows * width
        longest = inputs.longest
        if not rows or (longest is not None and not graph.ragged and width > longest):
            raise InputError(f"A forward has at least one row, and is {longest} wide at most.")
        if rows > 1 and size > cut.tokens:
            raise InputError(f"A forward of several rows has {cut.tokens} padded tokens at most.")
        self._check_ids(wanted, model, feeds)
        return rows

    def _check_ids(self, wanted: str, model: Model, feeds: Mapping[str, NDArray[Any]]) -> None:
        if wanted not in self._tables:
            try:
                self._tables[wanted] = tables(lower(model.prefix(claimable(model)[0])))
            except Unsupported:  # who runs such a model has its own tables
                self._tables[wanted] = {}
        for name, table in self._tables[wanted].items():
            ids = feeds[name]
            if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < table.rows:
                raise InputError(f"{name!r} holds a number that the table {table.name!r} lacks.")
        starts = feeds.get("offsets")
        if starts is not None and (
            starts[0] != 0
            or bool(np.any(np.diff(starts) < 0))
            or starts[-1] > len(feeds["input_ids"])
        ):
            raise InputError("'offsets' ascend, begin with 0 and end before the tokens do.")
