"""Calls that asyncio's tasks await: the same results, in forwards that the tasks share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from isomorph.errors import InputError

_OWN = "isomorph."
"""Where methods come from that can begin a call and finish it later."""


async def awaited(method: Callable[..., Any], name: str, kwargs: dict[str, Any]) -> Any:
    """What a bound method gives for these arguments, without blocking the loop.

    `name` is the method that reads inputs and makes results. Where a subclass outside this package has one
    of its own, that runs whole on a thread.

    Raises:
        InputError: ``pool`` is no batcher; and whatever the method raises.
    """
    from isomorph.batching.batcher import DynamicBatcher
    from isomorph.batching.tasks import SHARED, later

    pool = kwargs.pop("pool", None)
    if pool is not None and not isinstance(pool, DynamicBatcher):
        raise InputError(
            f"pool is {type(pool).__name__}; a call that is awaited takes a DynamicBatcher. With workers run "
            "the other call in a thread: asyncio.to_thread(model.encode, texts, pool=pool)."
        )
    kind = type(method.__self__)  # type: ignore[attr-defined]
    for each in (name, method.__name__):
        if not getattr(kind, each).__module__.startswith(_OWN):
            from asyncio import to_thread

            return await to_thread(partial(method, **kwargs, pool=pool or SHARED))
    return await later(lambda pool: method(**kwargs, pool=pool), pool)


class AwaitedVectors:
    """`encode` and its kin for tasks."""

    encode: Callable[..., Any]
    encode_query: Callable[..., Any]
    encode_document: Callable[..., Any]

    async def aencode(self, inputs: Any = None, **kwargs: Any) -> Any:
        """What `encode` returns, for a task of asyncio; calls that tasks await at once share forwards.

        The loop is never blocked: inputs are read, and results made, on other threads. A task that is
        cancelled frees what of its call was not begun.

        Args:
            inputs: as of `encode`.
            **kwargs: as of `encode`, but for `out`, `device`, `chunk_size` and `show_progress_bar`. ``pool``
                is a `DynamicBatcher`, and without it one that all tasks of this process share.

        Raises:
            Overloaded: as many calls are under way as the batcher allows.
            InputError: an argument or an input that cannot be used.
        """
        return await awaited(self.encode, "encode", {"inputs": inputs, **kwargs})

    async def aencode_query(self, inputs: Any = None, **kwargs: Any) -> Any:
        """What `encode_query` returns, as `aencode`."""
        return await awaited(self.encode_query, "encode", {"inputs": inputs, **kwargs})

    async def aencode_document(self, inputs: Any = None, **kwargs: Any) -> Any:
        """What `encode_document` returns, as `aencode`."""
        return await awaited(self.encode_document, "encode", {"inputs": inputs, **kwargs})


class AwaitedScores:
    """`predict` for tasks."""

    predict: Callable[..., Any]

    async def apredict(self, inputs: Any = None, **kwargs: Any) -> Any:
        """What `predict` returns, for a task of asyncio; calls that tasks await at once share forwards.

        The loop is never blocked: inputs are read, and results made, on other threads. A task that is
        cancelled frees what of its call was not begun.

        Args:
            inputs: as of `predict`.
            **kwargs: as of `predict`, but for `device`, `chunk_size` and `show_progress_bar`; ``pool`` is a
                `DynamicBatcher`, and without it one that all tasks of this process share.

        Raises:
            Overloaded: as many calls are under way as the batcher allows.
            InputError: an argument or an input that cannot be used.
        """
        return await awaited(self.predict, "predict", {"inputs": inputs, **kwargs})
