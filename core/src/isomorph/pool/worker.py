"""The process of a worker: reads the model, then answers chunk by chunk until its pipe closes."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from threading import Event, Lock, Thread
from time import sleep

from isomorph.contract import Device
from isomorph.machine.cpu import THREADS_VARIABLE
from isomorph.pool.chunks import Answer, read_chunk
from isomorph.pool.failure import Failure
from isomorph.pool.frames import BEAT, receive, send
from isomorph.pool.life import BEAT_EVERY
from isomorph.pool.spawning import heed_no_interrupts
from isomorph.runtime.loaded import Loaded

READY = b"ready"


def main(pipe: Connection, model: bytes, device: str, threads: int) -> None:
    """Runs until the parent closes its end, or ends itself.

    Sends `READY` or a `Failure` once; then for each chunk a pickled `Answer` or `Failure`.
    """
    heed_no_interrupts()
    os.environ[THREADS_VARIABLE] = str(threads)  # before any engine asks how many CPUs there are
    Thread(target=_end_with_parent, daemon=True).start()
    voice = _Voice(pipe)
    try:
        loaded: Loaded = pickle.loads(model)
        loaded.place(Device.parse(device))
    except Exception as error:
        voice.say(_bytes(Failure.of(error)))
        return
    try:
        voice.say(READY)
        while True:
            message = receive(pipe, voice.busy.set)
            voice.say(answered(loaded, message))
    except (EOFError, OSError):
        return  # the parent closed the pipe: nobody waits


class _Voice:
    """What the worker says: messages, and while it is busy that it lives."""

    def __init__(self, pipe: Connection) -> None:
        self.busy = Event()
        self.busy.set()
        self._pipe = pipe
        self._one = Lock()
        Thread(target=self._beat, daemon=True).start()

    def say(self, message: bytes) -> None:
        """Sends a message; then there is nothing to do."""
        with self._one:
            send(self._pipe, message, lambda: None)
            self.busy.clear()

    def _beat(self) -> None:
        while self.busy.wait():
            try:
                with self._one:
                    if self.busy.is_set():
                        self._pipe.send_bytes(BEAT)
            except OSError:
                return
            sleep(BEAT_EVERY)


def answered(loaded: Loaded, message: bytes) -> bytes:
    """A pickled `Answer` to a pickled chunk, or a pickled `Failure`."""
    try:
        chunk, job = read_chunk(message)
        answer = Answer.of(*loaded.run(chunk.inputs, replace(job, first=chunk.start)))
        return _bytes(replace(answer, chunk=(chunk.call, chunk.start)))
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
