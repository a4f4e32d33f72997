"""The thread between callers and workers: chunks out, answers in, and who has ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from multiprocessing.connection import Pipe, wait
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any

from isomorph.errors import PoolBroken
from isomorph.machine.forks import WORK
from isomorph.pool import life
from isomorph.pool.chunks import Call, Chunk
from isomorph.pool.ending import GRACE, close_at_exit, end, forget
from isomorph.pool.failure import ended, frozen
from isomorph.pool.life import Silence
from isomorph.pool.line import Outcome
from isomorph.pool.member import Member

STOPPED = "This pool was stopped. Start another one."
ELSEWHERE = (
    "This pool is the parent's of this process, which was forked: its workers answer there alone. Start a "
    "pool in this process."
)

CLOSING = 5 * GRACE
"""Seconds for which `close` waits: more than ending all workers may take."""


class Dispatcher:
    """Serves calls in turn, a chunk of each, so that a short call need not wait for a long one.

    Only its thread touches members; `submit`, `withdraw` and `close` leave word and wake it. It never
    waits for a worker: each has a `Line` for that.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._wake_up, self._woken = Pipe(duplex=False)
        self._outcomes: SimpleQueue[tuple[Member, Chunk, Outcome]] = SimpleQueue()
        self._started = tuple(members)
        self._members = list(members)
        for member in members:
            member.line.tell = partial(self._told, member)
        self._calls: deque[Call] = deque()
        self._known: dict[int, Call] = {}
        self._lock = Lock()
        self._end: PoolBroken | None = None
        self._looked = monotonic()
        self._thread = Thread(target=self._run, name="isomorph-pool", daemon=True)
        self._thread.start()
        WORK.inherit(self)
        close_at_exit(self)

    @property
    def alive(self) -> int:
        """How many workers are left."""
        return len(self._members)

    def submit(self, call: Call) -> None:
        """Takes a call on; its answers come in any order.

        Raises:
            PoolBroken: the pool is closed, or no worker is left, or it is the pool of another process.
        """
        with self._lock:
            if self._end is not None:
                raise PoolBroken(*self._end.args)
            self._known[call.number] = call
            self._calls.append(call)
            self._wake()

    def withdraw(self, call: Call) -> None:
        """Sends no more of a call's chunks; answers that still come are dropped."""
        with self._lock:
            self._forget(call)

    def abandon(self) -> None:
        """Has everything end; takes no lock and waits for nobody, so that a collector may call it."""
        if self._end is None:
            self._end = PoolBroken(STOPPED)
            self._wake()

    def close(self) -> None:
        """Fails what is under way, ends the workers and waits for that. Idempotent."""
        self.abandon()
        self._thread.join(CLOSING)

    def after_fork(self) -> None:
        """In a child: the workers are the parent's, who alone may write to them or end them."""
        self._lock = Lock()
        self._end = PoolBroken(ELSEWHERE)
        self._members = []
        forget([member.process for member in self._started])
        for member in self._started:
            member.line.drop()
        self._wake_up.close()
        self._woken.close()

    def _wake(self) -> None:
        self._woken.send_bytes(b"")

    def _told(self, member: Member, chunk: Chunk, outcome: Outcome) -> None:
        self._outcomes.put((member, chunk, outcome))
        self._wake()

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
        for member in self._members:
            if member.call is None:
                taken = self._take()
                if taken is None:
                    return
                member.call, chunk = taken
                member.silence = Silence()
                member.line.give(chunk)

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
        """Until a worker answers, ends or is silent for too long, or somebody leaves word."""
        owners: dict[Any, Member] = {member.process.sentinel: member for member in self._members}
        at_work = any(member.call is not None for member in self._members)
        for ready in wait([self._wake_up, *owners], life.TICK if at_work else None):
            if ready is self._wake_up:
                self._wake_up.recv_bytes()
            else:
                self._lose(owners[ready])
        self._deliver()
        if monotonic() - self._looked >= life.TICK:
            self._looked = monotonic()
            self._listen()

    def _listen(self) -> None:
        """Gives up workers that have something to do and give no sign of life."""
        for member in list(self._members):
            if member.call is not None and member.silent() >= life.SILENCE:
                member.process.kill()
                self._lose(member, frozen(member.process.name, life.SILENCE))

    def _deliver(self) -> None:
        while not self._outcomes.empty():
            member, chunk, outcome = self._outcomes.get()
            call, member.call = member.call, None
            if isinstance(outcome, bytes):
                known = self._known.get(chunk.call)
                if known is not None:
                    known.answers.put((chunk.start, outcome))
            elif outcome is not None and call is not None:
                self._fail(call, outcome)
            else:
                member.call = call
                self._lose(member)

    def _lose(self, member: Member, error: PoolBroken | None = None) -> None:
        """Goes on without a worker; the call whose chunk it had fails, unless it had answered."""
        if member not in self._members:
            return
        self._members.remove(member)
        member.line.close()
        if error is None:
            member.line.gone.wait(GRACE)  # what it had written is read
            self._deliver()
            member.process.join(
                GRACE
            )  # it has ended or is about to, and only then has an exit code
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

    def _finish(self, why: PoolBroken) -> None:
        with self._lock:
            self._end = why
            left = list(self._known.values())
            self._known.clear()
            self._calls.clear()
        for call in left:
            call.answers.put(PoolBroken(*why.args))
        for member in self._members:
            member.line.close()
        end([member.process for member in self._started])
