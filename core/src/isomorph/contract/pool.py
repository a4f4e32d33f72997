"""What core and somebody's group of workers promise each other, so that the group may stand for ``pool=``.

    Pool.answers(parcel, chunks)   every chunk to some worker, every answer back, in any order
    Parcel.unpack(device)          in a worker: the model, as a Worker
    Worker.answer(chunk)           in a worker: what becomes of a chunk

Core cuts a call into chunks, and puts rows, reports and errors together again. A pool moves bytes and decides
who works on what, and what happens where a worker ends. A chunk may be answered by two workers: both answers
are alike, and the pool passes one of them on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable


class Worker(Protocol):
    """A model in a worker's process."""

    def answer(self, chunk: bytes) -> bytes:
        """What the caller makes rows of, or an exception of the model, as bytes. Never raises by itself."""

    def close(self) -> None:
        """Frees the engine. A later `answer` loads the model again."""


class Parcel(Protocol):
    """A model on its way to workers: some kB, which can be pickled; weights stay in their folder."""

    @property
    def key(self) -> str:
        """The same for the same state of a model: a worker that holds it need not unpack it again."""

    def unpack(self, device: str | None = None, threads: int | None = None) -> Worker:
        """Reads the model in the process of a worker, without a network.

        Args:
            device: default None, the model's own; for example ``"cuda:0"``. Where the worker computes.
            threads: default None, all CPUs; CPU threads of the whole process. Counts at the first model.

        Raises:
            IsomorphError: the folder is not there or has other files, or the device is not there.
        """


@runtime_checkable
class Pool(Protocol):
    """Workers of somebody else. Any number of threads may call at once, with parcels of any models."""

    @property
    def workers(self) -> int:
        """About how many chunks are worked on at once; core makes ten chunks a worker."""

    def answers(self, parcel: Parcel, chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        """The place of each chunk among `chunks`, from 0 on, and its answer; each exactly once, in any order.

        Core closes the iterator where the call ends early. Reading `chunks` pickles inputs: a pool that reads
        no further than its workers are keeps memory flat.

        Raises:
            PoolBroken: no worker is left, or a chunk ended several of them.
        """
