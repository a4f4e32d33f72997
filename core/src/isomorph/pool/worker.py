"""The process of a worker: reads the model, then answers chunk by chunk until its pipe closes."""

from __future__ import annotations

import os
import pickle
import signal
from dataclasses import replace
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any

from isomorph.cpu import THREADS_VARIABLE
from isomorph.pool.chunks import Answer, Chunk
from isomorph.pool.failure import Failure

READY = b"ready"


def main(pipe: Connection, model: bytes, device: str, threads: int) -> None:
    """Runs until the parent closes its end, or ends itself.

    Sends `READY` or a `Failure` once; then for each chunk two frames: where it belongs, as the pair of
    call and start, and a pickled `Answer` or `Failure`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.environ[THREADS_VARIABLE] = str(threads)  # before any engine asks how many CPUs there are
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        loaded = pickle.loads(model)
        loaded.to(device)
    except Exception as error:
        pipe.send_bytes(_bytes(Failure.of(error)))
        return
    try:
        pipe.send_bytes(READY)
        while True:
            chunk: Chunk = pipe.recv()
            answer = _answer(loaded, chunk)
            pipe.send((chunk.call, chunk.start))
            pipe.send_bytes(answer)
    except (EOFError, OSError):
        return  # the parent closed the pipe: nobody waits


def _answer(model: Any, chunk: Chunk) -> bytes:
    try:
        job = replace(pickle.loads(chunk.job), first=chunk.start)
        return _bytes(Answer.of(*model._answer(chunk.inputs, job)))
    except Exception as error:
        return _bytes(Failure.of(error))


def _bytes(message: Answer | Failure) -> bytes:
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


def _end_with_parent() -> None:
    """Ends this process at once when the parent is gone, also in the middle of a forward."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
