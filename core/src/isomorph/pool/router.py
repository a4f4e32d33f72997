"""The thread between callers and workers: chunks out, answers in, and who has ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.context import SpawnProcess
from threading import Lock, Thread
from typing import Any

from isomorph.errors import PoolBroken
from isomorph.pool.chunks import Call, Chunk
from isomorph.pool.failure import ended


@dataclass(eq=False, slots=True)
class Member:
    """A worker as the parent sees it, and the call whose chunk it has."""

    process: SpawnProcess
    pipe: Connection
    device: str
    call: Call | None = None


class Router:
    """Serves calls in turn, a chunk of each, so that a short call need not wait for a long one.

    Only its thread touches pipes and members; `submit`, `withdraw` and `close` leave word and wake it.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = list(members)
        self._calls: deque[Call] = deque()
        self._known: dict[int, Call] = {}
        self._lock = Lock()
        self._end: PoolBroken | None = None
        self._wake_up, self._woken = Pipe(duplex=False)
        self._thread = Thread(target=self._run, name="isomorph-pool", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> int:
        """How many workers are left."""
        return len(self._members)

    def submit(self, call: Call) -> None:
        """Takes a call on; its answers come in any order.

        Raises:
            PoolBroken: the pool is closed, or no worker is left.
        """
        with self._lock:
            if self._end is not None:
                raise PoolBroken(*self._end.args)
            self._known[call.number] = call
            self._calls.append(call)
            self._woken.send_bytes(b"")

    def withdraw(self, call: Call) -> None:
        """Sends no more of a call's chunks; answers that still come are dropped."""
        with self._lock:
            self._forget(call)

    def close(self) -> None:
        """Fails what is under way and ends the thread, which closes all pipes. Idempotent."""
        with self._lock:
            if self._end is None:
                self._end = PoolBroken("This pool was stopped. Start another one.")
            if self._thread.is_alive():
                self._woken.send_bytes(b"")
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._end is None:
                self._hand_out()
                self._wait()
        except BaseException as error:
            self._finish(PoolBroken(f"The pool failed: {type(error).__name__}: {error}"))
            raise
        self._finish(self._end)

    def _hand_out(self) -> None:
        for member in list(self._members):
            if member.call is None and not self._give(member):
                return

    def _give(self, member: Member) -> bool:
        """Sends the next chunk of the call whose turn it is; False where there is none."""
        taken = self._take()
        if taken is None:
            return False
        member.call, chunk = taken
        try:
            member.pipe.send(chunk)
        except OSError:
            self._lose(member)
        except Exception as error:  # an input that cannot be pickled
            self._fail(member.call, error)
            member.call = None
        return True

    def _take(self) -> tuple[Call, Chunk] | None:
        with self._lock:
            while self._calls:
                call = self._calls.popleft()
                chunk = call.next_chunk()
                if chunk is not None:
                    self._calls.append(call)
                    return call, chunk
        return None

    def _wait(self) -> None:
        """Until a worker answers or ends, or somebody leaves word."""
        owners: dict[Any, Member] = {member.pipe: member for member in self._members}
        owners |= {member.process.sentinel: member for member in self._members}
        for ready in wait([self._wake_up, *owners]):
            if ready is self._wake_up:
                self._wake_up.recv_bytes()
                continue
            member = owners[ready]
            if member not in self._members:
                continue  # its pipe and its sentinel both told of its end
            if ready is member.pipe or member.pipe.poll():
                self._receive(member)
            else:
                self._lose(member)

    def _receive(self, member: Member) -> None:
        try:
            number, start = member.pipe.recv()
            answer = member.pipe.recv_bytes()
        except (EOFError, OSError):
            self._lose(member)
            return
        member.call = None
        call = self._known.get(number)
        if call is not None:
            call.answers.put((start, answer))

    def _lose(self, member: Member) -> None:
        """Goes on without a worker; the call whose chunk it had fails."""
        self._members.remove(member)
        member.pipe.close()
        member.process.join(1)  # it has ended or is about to, and only then has an exit code
        error = ended(member.process.name, member.process.exitcode)
        if member.call is not None:
            self._fail(member.call, error)
        if not self._members:
            with self._lock:
                self._end = self._end or PoolBroken(f"No worker is left. The last one: {error}")

    def _fail(self, call: Call, error: BaseException) -> None:
        with self._lock:
            if self._known.get(call.number) is call:
                self._forget(call)
                call.answers.put(error)

    def _forget(self, call: Call) -> None:
        self._known.pop(call.number, None)
        if call in self._calls:
            self._calls.remove(call)

    def _finish(self, end: PoolBroken) -> None:
        with self._lock:
            self._end = end
            left = list(self._known.values())
            self._known.clear()
            self._calls.clear()
        for call in left:
            call.answers.put(PoolBroken(*end.args))
        for member in self._members:
            member.pipe.close()
