"""The models of a server: loaded when they are asked for, unloaded when nobody does or memory is short."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
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
        self._room = asyncio.Lock()  # so that nobody takes the room that was made for another
        self._freed = asyncio.Event()
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

    def use(self, served: Served) -> Use:
        """The model, which stays loaded for the length of an ``async with``."""
        return Use(self, served)

    async def enter(self, served: Served) -> None:
        """Counts a call in, which waits until the model is loaded.

        Raises:
            Refused: 503 where others that are at work have the memory for too long.
            Exception: what the model raises that cannot be loaded, or makes no vector.
        """
        if served.is_loaded and not served.is_leaving:
            served.calls += 1
        else:
            await self._waited(served)

    async def unload_idle(self) -> None:
        """Unloads what nobody has used for as long as the limits say."""
        idle = self._limits.idle
        for each in self.served.values():
            if idle is not None and not each.calls and self._clock() - each.used >= idle:
                await self._unload(each)

    async def _waited(self, served: Served) -> None:
        """Waits until a model is loaded. Who has waited is a call at once, before the model can go again."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        served.waiters.append(waiter)
        if served.loading is None:
            served.loading = asyncio.ensure_future(self._load(served))  # for all who wait
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled() and waiter.exception() is None:
                self.leave(served)
            raise

    def leave(self, served: Served) -> None:
        """Counts a call out."""
        served.calls -= 1
        served.used = self._clock()
        if not served.calls:
            self._freed.set()

    async def _load(self, served: Served) -> None:
        """Has a model make a vector. One that cannot is not ready; the next request for it tries again."""
        failed: Exception | None = None
        try:
            async with self._room if self._limits.memory is not None else nullcontext():
                if not served.is_loaded:
                    await self._make_room(served)
                    served.is_ready = await asyncio.to_thread(served.try_out)
                    if not served.is_ready:
                        LOG.error(
                            "%s", of_model(served.name, ValueError("its numbers are not finite"))
                        )
                served.is_loaded = True
        except Refused as refused:
            failed = refused
        except Exception as error:
            failed = error
            served.is_ready = False
            LOG.error("%s", of_model(served.name, error))
            await asyncio.to_thread(served.model.close)
        finally:
            served.loading = None
            self._tell(served, failed)

    def _tell(self, served: Served, failed: Exception | None) -> None:
        """Lets all in who wait for a model, or tells them why they cannot be."""
        waiters, served.waiters = served.waiters, []
        for waiter in waiters:
            if waiter.done():
                continue
            if failed is None and served.is_loaded:
                served.calls += 1
                waiter.set_result(None)
            elif failed is None:
                waiter.cancel()
            else:
                waiter.set_exception(failed)

    async def _make_room(self, served: Served) -> None:
        """Unloads others, until the memory is enough. One that is at work gets no further calls meanwhile.

        Raises:
            Refused: 503; they were at work for as long as a request may take.
        """
        until = asyncio.get_running_loop().time() + self._limits.seconds
        try:
            while others := self._in_the_way_of(served):
                idle = [each for each in others if not each.calls]
                if idle:
                    await self._unload(min(idle, key=_last_used))
                    continue
                min(others, key=_last_used).is_leaving = True
                self._freed.clear()
                async with asyncio.timeout_at(until):
                    await self._freed.wait()
        except TimeoutError:
            raise Refused(
                503,
                f"The memory for models is taken by others that are at work; {served.name} waits for it.",
                "model",
                self._limits.retry_after,
            ) from None
        finally:
            for each in self.served.values():
                each.is_leaving = False

    def _in_the_way_of(self, served: Served) -> list[Served]:
        """What is loaded, where that leaves too little memory for another model."""
        most = self._limits.memory
        loaded = [each for each in self.served.values() if each.is_loaded]
        taken = sum(each.bytes for each in loaded)
        return loaded if most is not None and taken + served.bytes > most else []

    async def _unload(self, served: Served) -> None:
        if served.is_loaded:
            served.is_loaded = False
            served.graphs.close()
            await asyncio.to_thread(served.model.close)


class Use:
    """A call of a model, for the length of an ``async with``; a generator would cost a request more."""

    __slots__ = ("_served", "_shelf")

    def __init__(self, shelf: Shelf, served: Served) -> None:
        self._shelf, self._served = shelf, served

    async def __aenter__(self) -> Any:
        await self._shelf.enter(self._served)
        return self._served.model

    async def __aexit__(self, *exc: object) -> None:
        self._shelf.leave(self._served)


def _last_used(served: Served) -> float:
    return served.used
