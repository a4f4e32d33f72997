"""Calls of asyncio's tasks: nothing of a call happens on the loop's thread but its beginning and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from isomorph.batching.batcher import DynamicBatcher, Entry, Later
from isomorph.batching.ticket import Ticket
from isomorph.errors import Unsupported
from isomorph.runtime.report import CallReport

SHARED = DynamicBatcher()
"""For tasks that name none. Any number of calls: whoever awaits them holds their inputs anyway."""


class Begun(Protocol):
    """A call whose inputs were read and checked, and which has not run."""

    def submit(
        self, entry: Entry, done: Callable[[Ticket], None]
    ) -> tuple[list[Any], CallReport] | None:
        """Has it run: what came where that happened here, else `done` is called on another thread."""

    def finish(self, rows: list[Any], report: CallReport) -> Any:
        """Makes its result of what came."""

    def tell(self) -> None:
        """Warns of what happened to its inputs, in the caller's thread."""


async def later(begin: Callable[[Later], Begun], batcher: DynamicBatcher | None) -> Any:
    """The result of a call, which `begin` makes with the `Later` that it gets for a pool.

    Reading the inputs and making the result happen on threads of the batcher. A task that is cancelled frees
    the rows that were not begun.

    Raises:
        Overloaded: as many calls as the batcher allows are under way.
        Exception: what the call raises.
    """
    batcher = SHARED if batcher is None else batcher
    loop = _running_loop()
    came: asyncio.Future[Any] = loop.create_future()

    def deliver(made: Any, error: BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop was closed, and nobody waits
            loop.call_soon_threadsafe(_settle, came, made, error)

    def guarded(work: Callable[..., None], *args: Any) -> None:
        try:
            work(*args)
        except BaseException as error:
            deliver(None, error)

    with batcher.entry() as entry:
        hands = batcher.hands

        def first() -> None:
            begun = begin(Later(batcher))
            came = begun.submit(
                entry, lambda ticket: hands.do(partial(guarded, last, begun, ticket.result))
            )
            if came is not None:
                deliver((begun, begun.finish(*came)), None)

        def last(begun: Begun, result: Callable[[], tuple[list[Any], CallReport]]) -> None:
            deliver((begun, begun.finish(*result())), None)

        hands.do(partial(guarded, first))
        begun, result = await came
    begun.tell()
    return result


def _running_loop() -> asyncio.AbstractEventLoop:
    """The loop of this task.

    Raises:
        Unsupported: there is none of asyncio.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError as cause:
        raise Unsupported(
            "This call is for tasks of asyncio, and no loop of asyncio runs here. With another library of "
            "tasks run the plain call in a thread: trio.to_thread.run_sync(model.encode, texts)."
        ) from cause


def _settle(came: asyncio.Future[Any], made: Any, error: BaseException | None) -> None:
    if came.done():
        return
    if error is not None:
        came.set_exception(error)
    else:
        came.set_result(made)
