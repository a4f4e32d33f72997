"""The models of a server: loaded when they are asked for, unloaded when nobody does or memory is short."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from isomorph import load_model
from isomorph.errors import InputError, Unsupported
from isomorph_server.limits import Limits
from isomorph_server.log import LOG, of_model
from isomorph_server.models import Named, Served
from isomorph_server.refusals import Refused, WrongTask

__all__ = ["Named", "Served", "Shelf"]


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
            Exception: what the model raises that cannot be loaded, or makes no vector.
        """
        while not served.is_loaded:
            if served.loading is None:
                served.loading = asyncio.ensure_future(self._load(served))
                served.loading.add_done_callback(_heard)
            await asyncio.shield(served.loading)  # it goes on for others where this caller leaves
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

    async def _load(self, served: Served) -> None:
        """Has a model make a vector. One that cannot is not ready; the next request for it tries again."""
        try:
            await self._make_room(served)
            await asyncio.to_thread(served.try_out)
            served.is_loaded = served.is_ready = True
            served.used = self._clock()
        except Exception as error:
            if not isinstance(error, Refused):
                served.is_ready = False
                LOG.error("%s", of_model(served.name, error))
            await asyncio.to_thread(served.model.close)
            raise
        finally:
            served.loading = None

    async def _make_room(self, served: Served) -> None:
        most = self._limits.memory
        if most is None:
            return
        while self._taken() > most:  # this one is being loaded, so it counts
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
        held = (each for each in self.served.values() if each.is_loaded or each.loading is not None)
        return sum(each.bytes for each in held)

    async def _unload(self, served: Served) -> None:
        if served.is_loaded:
            served.is_loaded = False
            served.graphs.close()
            await asyncio.to_thread(served.model.close)


def _heard(loading: asyncio.Future[None]) -> None:
    if not loading.cancelled():
        loading.exception()  # who still waits for it is told
