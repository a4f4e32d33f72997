"""How long a request may take, and whether its client is still there while it is answered."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from isomorph_server.limits import Limits
from isomorph_server.refusals import Refused

QUICK = 0.02
"""Seconds after which somebody listens for the client's leaving. Most answers take less, and a task that
listens costs more than reading and writing a short text."""


class Presence:
    """Ends what happens inside an ``async with`` when its time is over, or when the client goes away.

    A body has half of the time. A request that is quick costs one timer. Where the client goes away nothing
    is raised: `has_ended` says it.
    """

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._listener: asyncio.Future[None] | None = None
        self._is_reading = True
        self._is_slow = False
        self._is_late = False
        self._is_over = False
        self.has_ended = False
        """Whether the client went away."""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._task = asyncio.current_task()
        self._cancelling = self._task.cancelling() if self._task is not None else 0
        self._timer = self._loop.call_later(QUICK, self._look)
        return self

    def has_read(self) -> None:
        """Says that the body is there: from now on the answer takes the time, and receives nothing."""
        self._is_reading = False
        if self._is_slow:
            self._look()

    def _look(self) -> None:
        self._is_slow = True
        self._timer.cancel()
        seconds = self._limits.seconds / 2 if self._is_reading else self._limits.seconds
        self._timer = self._loop.call_at(self._began + seconds, self._end)
        if not self._is_reading:
            self._listener = asyncio.ensure_future(_end_of(self._receive))
            self._listener.add_done_callback(self._heard)

    def _end(self) -> None:
        self._is_late = True
        if self._task is not None:
            self._task.cancel()

    def _heard(self, listener: asyncio.Future[None]) -> None:
        if listener.cancelled() or self._is_over or self._is_late:
            return
        listener.exception()  # whatever it was, nobody hears an answer
        self.has_ended = True
        if self._task is not None:
            self._task.cancel()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._is_over = True
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()
        if self._task is None or not (self._is_late or self.has_ended):
            return False
        is_ours = self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError
        if is_ours and self._is_late:
            raise self._too_late() from None
        return is_ours

    def _too_late(self) -> Refused:
        if self._is_reading:
            return Refused(408, "The body came too slowly.")
        said = f"No answer within {self._limits.seconds:g} s."
        return Refused(503, said, wait=self._limits.retry_after)


async def _end_of(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
