"""The models of a server: loaded when they are asked for, unloaded when nobody does or memory is short."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from isomorph import CrossEncoder, MultiVectorEncoder, SparseEncoder, load_model
from isomorph.errors import InputError, Unsupported
from isomorph_server.graphs import Graphs
from isomorph_server.limits import Limits
from isomorph_server.refusals import Refused, WrongTask

_WEIGHTS = (".safetensors", ".bin", ".pt", ".onnx", ".onnx_data", ".npy", ".npz", ".h5")
"""How files end that hold weights."""
_TAKEN = {"text", "image"}


@dataclass(frozen=True, slots=True)
class Named:
    """A model as the operator names it."""

    name: str
    """What clients call it."""
    place: str
    """A folder, ``package:DISTRIBUTION`` or a Hub id."""

    @classmethod
    def of(cls, text: str) -> Named:
        """``NAME=PLACE``, or a place that is its own name.

        Raises:
            InputError: the name or the place is empty.
        """
        name, given, place = text.partition("=")
        if not given or Path(text).is_dir():
            return cls(text, text)
        if not (name.strip() and place.strip()):
            raise InputError(f"{text!r} is no model: write NAME=FOLDER, or a folder alone.")
        return cls(name, place)


class Served:
    """One model, which is read at once and loaded by its first call."""

    def __init__(self, named: Named, model: Any) -> None:
        """Takes a model over.

        Raises:
            Unsupported: it takes inputs that no route has.
        """
        modalities = set(map(str, model.modalities))
        others = sorted(modalities - _TAKEN)
        if others:
            raise Unsupported(
                f"{named.place} takes {', '.join(others)}; served are texts and images."
            )
        self.name = named.name
        self.model = model
        self.sees = "image" in modalities
        """Whether it takes images too."""
        self.graphs = Graphs(model.__loaded__())
        self.bytes = _size(model.__loaded__().whole.folder)
        self.calls = 0
        self.used = monotonic()
        self.is_loaded = False
        self.is_ready = False

    @property
    def task(self) -> str:
        """What it is for: ``embed``, ``embed_sparse``, ``embed_all`` or ``rerank``."""
        if isinstance(self.model, CrossEncoder):
            return "rerank"
        if isinstance(self.model, SparseEncoder):
            return "embed_sparse"
        return "embed_all" if isinstance(self.model, MultiVectorEncoder) else "embed"


class Shelf:
    """Finds a model for a request, and keeps the loaded ones within the memory that they may have."""

    def __init__(
        self,
        models: Sequence[Named],
        limits: Limits,
        *,
        clock: Callable[[], float] = monotonic,
        **kwargs: Any,
    ) -> None:
        """Reads all models; loads none.

        Args:
            models: in the order of preference where a request names none.
            limits: for memory and idleness.
            clock: seconds; tests bring their own.
            **kwargs: of each model, such as ``backend``.

        Raises:
            IsomorphError: a model cannot be read, or is none that can be served; or two have one name.
        """
        counts = Counter(named.name for named in models)
        if counts and (most := counts.most_common(1)[0])[1] > 1:
            raise InputError(
                f"{most[1]} models are called {most[0]!r}; give each a name of its own: NAME=FOLDER."
            )
        self._limits = limits
        self._clock = clock
        made = (Served(named, load_model(named.place, **kwargs)) for named in models)
        self.served: Mapping[str, Served] = {each.name: each for each in made}
        large = [
            each for each in self.served.values() if each.bytes > (limits.memory or each.bytes)
        ]
        if large:
            raise Unsupported(
                f"The weights of {large[0].name} take {large[0].bytes:,} bytes, and --memory allows "
                f"{limits.memory:,} for all models."
            )

    @property
    def loaded(self) -> int:
        """How many are in memory."""
        return sum(each.is_loaded for each in self.served.values())

    def find(self, name: str | None, *tasks: str) -> Served:
        """The model of a name, or the first for one of these tasks.

        Raises:
            Refused: 404 where there is none of this name, 422 where it is for something else.
        """
        if name is None:
            fitting = [each for each in self.served.values() if each.task in tasks]
            if not fitting:
                raise WrongTask(f"No model here can {' or '.join(tasks)}.")
            return fitting[0]
        found = self.served.get(name)
        if found is None:
            there = ", ".join(self.served)
            raise Refused(
                404, f"There is no model {name[:80]!r} here; there are: {there}.", "model"
            )
        if found.task not in tasks:
            raise WrongTask(f"{found.name} can {found.task}, not {' or '.join(tasks)}.")
        return found

    @asynccontextmanager
    async def use(self, served: Served) -> AsyncIterator[Any]:
        """The model, which stays loaded for the length of an ``async with``.

        Raises:
            Refused: 503 where others that are at work have the memory.
        """
        if not served.is_loaded:
            await self._make_room(served)
            served.is_loaded = True
        served.calls += 1
        try:
            yield served.model
        finally:
            served.calls -= 1
            served.used = self._clock()

    async def unload_idle(self) -> None:
        """Unloads what nobody has used for as long as the limits say."""
        idle = self._limits.idle
        for each in self.served.values():
            if idle is not None and not each.calls and self._clock() - each.used >= idle:
                await self._unload(each)

    async def _make_room(self, served: Served) -> None:
        most = self._limits.memory
        if most is None:
            return
        while self._taken() + served.bytes > most:
            others = [each for each in self.served.values() if each.is_loaded and not each.calls]
            if not others:
                raise Refused(
                    503,
                    f"The memory for models is taken by others that are at work; {served.name} waits for it.",
                    "model",
                    self._limits.retry_after,
                )
            await self._unload(min(others, key=lambda each: each.used))

    def _taken(self) -> int:
        return sum(each.bytes for each in self.served.values() if each.is_loaded)

    async def _unload(self, served: Served) -> None:
        if served.is_loaded:
            served.is_loaded = False
            served.graphs.close()
            await asyncio.to_thread(served.model.close)


def _size(folder: Path) -> int:
    """Bytes of the files that hold weights."""
    files = (file for file in folder.rglob("*") if file.suffix in _WEIGHTS and file.is_file())
    return sum(file.stat().st_size for file in files)
