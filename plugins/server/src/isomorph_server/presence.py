"""Whether a client is still there while it is answered."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive


class Presence:
    """Ends what happens inside an ``async with`` when the client goes away, without an error.

    One task listens beside the request's own: two and a third that waits for both would cost more than
    reading and writing a short text.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_over = False
        self.has_ended = False
        """Whether the client went away."""

    async def __aenter__(self) -> Self:
        self._task = asyncio.current_task()
        self._listener = asyncio.ensure_future(_end_of(self._receive))
        self._listener.add_done_callback(self._heard)
        return self

    def _heard(self, listener: asyncio.Future[None]) -> None:
        if listener.cancelled() or self._is_over:
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
        self._listener.cancel()
        if not self.has_ended or kind is not asyncio.CancelledError:
            return False
        if self._task is not None:
            self._task.uncancel()
        return True


async def _end_of(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
