"""Calls that come at once share forwards, and each gets what it gets alone. No test looks at the time."""

from __future__ import annotations

import asyncio
from threading import Event, Thread
from time import monotonic

import numpy as np
import pytest
from tests.core.pool.conftest import LOADERS, TEXTS

from isomorph import DynamicBatcher, SentenceTransformer
from isomorph.errors import InputError, Overloaded, TruncationWarning, Unsupported
from isomorph.runtime.pipeline import Pipeline

LONG = 60
"""Seconds after which a test gives up; none waits for that."""


@pytest.fixture
def model():
    with SentenceTransformer(LOADERS[SentenceTransformer], backend="reference") as loaded:
        yield loaded


class Gate:
    """After `hold` the next run of a pipeline waits until the gate opens; keeps the inputs of all runs."""

    def __init__(self, monkeypatch):
        self.reached, self.opened = Event(), Event()
        self.runs = []
        self._holds = False
        original = Pipeline.run

        def run(pipeline, inputs, job):
            self.runs.append(list(inputs))
            if self._holds:
                self._holds = False
                self.reached.set()
                assert self.opened.wait(LONG)
            return original(pipeline, inputs, job)

        monkeypatch.setattr(Pipeline, "run", run)

    def hold(self):
        self.runs.clear()
        self._holds = True


@pytest.fixture
def gate(monkeypatch):
    return Gate(monkeypatch)


def becomes_true(condition):
    pause, end = Event(), monotonic() + LONG
    while not condition():
        assert monotonic() < end
        pause.wait(0.001)


class Callers:
    """Threads that call at once, and what each of them got."""

    def __init__(self, batcher):
        self.got = {}
        self._batcher = batcher
        self._threads = []

    def call(self, name, function, *args, **kwargs):
        def run():
            try:
                self.got[name] = function(*args, **kwargs, pool=self._batcher)
            except Exception as error:
                self.got[name] = error

        before = self._batcher.calls
        self._threads.append(Thread(target=run, daemon=True))
        self._threads[-1].start()
        return before

    def all_are_in(self, count):
        becomes_true(lambda: self._batcher.calls >= count)

    def end(self):
        for thread in self._threads:
            thread.join(LONG)
        assert not any(thread.is_alive() for thread in self._threads)


def begun_behind(gate, callers, batcher, calls):
    """Begins calls while the first round is held, then lets all end."""
    gate.hold()
    callers.call("first", *calls[0])
    assert gate.reached.wait(LONG)
    for number, each in enumerate(calls[1:]):
        callers.call(number, *each)
    callers.all_are_in(len(calls))
    waits_for_tickets(batcher, len(calls) - 1)
    gate.opened.set()
    callers.end()


def waits_for_tickets(batcher, count):
    becomes_true(lambda: len(batcher._dispatcher._queue) >= count)


def test_calls_that_wait_share_one_run(model, gate):
    want = model.encode(TEXTS)
    batcher = DynamicBatcher(rounds=1)
    callers = Callers(batcher)
    begun_behind(gate, callers, batcher, [(model.encode, text) for text in TEXTS[:12]])
    assert len(gate.runs) == 2
    assert sorted(gate.runs[1]) == sorted(TEXTS[1:12])
    np.testing.assert_allclose(callers.got["first"], want[0], atol=1e-6)
    for number in range(11):
        np.testing.assert_allclose(callers.got[number], want[number + 1], atol=1e-6)


def test_an_error_is_that_of_its_caller(model, gate, monkeypatch):
    batcher = DynamicBatcher(rounds=1)
    callers = Callers(batcher)
    original = Pipeline.run

    def picky(pipeline, inputs, job):
        if "sea" in inputs:
            raise InputError(f"input {job.place(list(inputs).index('sea'))} is a sea")
        return original(pipeline, inputs, job)

    monkeypatch.setattr(Pipeline, "run", picky)
    calls = [(model.encode, "a"), (model.encode, ["b", "c"]), (model.encode, ["d", "e", "sea"])]
    begun_behind(gate, callers, batcher, calls)
    assert callers.got[0].shape[0] == 2
    assert isinstance(callers.got[1], InputError)
    assert "input 2 is a sea" in str(callers.got[1])


def test_reports_and_warnings_are_of_the_call_alone(model, gate):
    cut = ["short", "river " * 900]
    with pytest.warns(TruncationWarning):
        alone = model.encode(cut, return_report=True)[1]
    batcher = DynamicBatcher(rounds=1)
    callers = Callers(batcher)
    asked = {"return_report": True, "on_long": "report"}

    def encode(texts, pool):
        return model.encode(texts, pool=pool, **asked)

    begun_behind(gate, callers, batcher, [(encode, ["x"]), (encode, cut), (encode, TEXTS[:3])])
    report = callers.got[0][1]
    assert (report.truncated, report.tokens) == (alone.truncated, alone.tokens)
    assert callers.got[1][1].truncated == ()


def test_callers_of_one_text_get_arrays_of_their_own(model, gate):
    batcher = DynamicBatcher(rounds=1)
    callers = Callers(batcher)

    def encode(text, pool):
        return model.encode(text, output_value="token_embeddings", pool=pool)

    begun_behind(gate, callers, batcher, [(encode, t) for t in ("sea", "river", "river")])
    callers.got[0][:] = 7
    assert not (callers.got[1] == 7).any()


def test_a_full_batcher_refuses_and_takes_calls_again(model, gate):
    batcher = DynamicBatcher(max_concurrent=2, rounds=1)
    callers = Callers(batcher)
    gate.hold()
    callers.call(0, model.encode, "sea")
    callers.call(1, model.encode, "river")
    callers.all_are_in(2)
    with pytest.raises(Overloaded, match="max_concurrent"):
        model.encode("stones", pool=batcher)
    gate.opened.set()
    callers.end()
    assert batcher.calls == 0
    assert model.encode("stones", pool=batcher).ndim == 1


def test_a_task_that_is_cancelled_frees_its_rows(model, gate):
    batcher = DynamicBatcher(rounds=1)

    async def main():
        gate.hold()
        first = asyncio.create_task(model.aencode("sea", pool=batcher))
        await asyncio.to_thread(gate.reached.wait, LONG)
        gone = asyncio.create_task(model.aencode([f"gone {i}" for i in range(9)], pool=batcher))
        stays = asyncio.create_task(model.aencode("stays", pool=batcher))
        await asyncio.to_thread(waits_for_tickets, batcher, 2)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        gate.opened.set()
        return await first, await stays

    asyncio.run(main())
    assert gate.runs == [["sea"], ["stays"]]


def test_a_small_call_that_is_alone_runs_where_it_was_read(model):
    async def alone(batcher, inputs):
        return await model.aencode(inputs, pool=batcher)

    few, many = DynamicBatcher(), DynamicBatcher()
    for _ in range(3):
        np.testing.assert_allclose(
            asyncio.run(alone(few, TEXTS[:2])), model.encode(TEXTS[:2]), atol=1e-6
        )
        with pytest.raises(InputError):
            asyncio.run(alone(few, ["a", 5]))
    assert not few._dispatcher._begun, "no thread was waited for but the one that read the call"
    assert (few.calls, few._dispatcher._busy) == (0, False)
    asyncio.run(alone(many, TEXTS[:9]))
    assert many._dispatcher._begun, "a larger call shares its rounds"


def test_a_call_that_comes_while_one_runs_alone_is_a_round_behind(model, gate):
    batcher = DynamicBatcher(rounds=1)

    async def main():
        gate.hold()
        first = asyncio.create_task(model.aencode("sea", pool=batcher))
        await asyncio.to_thread(gate.reached.wait, LONG)
        others = [asyncio.create_task(model.aencode(each, pool=batcher)) for each in TEXTS[:3]]
        await asyncio.to_thread(waits_for_tickets, batcher, 3)
        assert gate.runs == [["sea"]]
        gate.opened.set()
        return await asyncio.gather(first, *others)

    found = asyncio.run(main())
    assert [sorted(run) for run in gate.runs] == [["sea"], sorted(TEXTS[:3])]
    np.testing.assert_allclose(found[1:], model.encode(TEXTS[:3]), atol=1e-6)


def test_the_loop_goes_on_while_a_forward_runs(model, gate):
    async def main():
        gate.hold()
        task = asyncio.create_task(model.aencode(TEXTS, pool=DynamicBatcher()))
        while not gate.reached.is_set():
            await asyncio.sleep(0)  # a loop that is blocked never gets here
        assert not task.done()
        gate.opened.set()
        return await task

    assert asyncio.run(main()).shape[0] == len(TEXTS)


def test_tasks_of_another_library_are_told_of_threads(model):
    """They run where asyncio has no loop, as this test does."""
    call = model.aencode(["a river"])
    with pytest.raises(Unsupported, match=r"no loop of asyncio runs here.*in a thread"):
        call.send(None)


def test_what_a_batcher_cannot_do_is_refused(model):
    batcher = DynamicBatcher()
    with pytest.raises(InputError, match="show_progress_bar"):
        model.encode(TEXTS, pool=batcher, show_progress_bar=True)
    with pytest.raises(InputError, match="chunk_size"):
        model.encode(TEXTS, pool=batcher, chunk_size=3)
    for count in (1, 99):  # few are looked through afterwards, many before
        with pytest.raises(InputError, match=f"of {count} inputs.* longer than"):
            model.encode(["river " * 900] * count, pool=batcher, on_long="error")
    with pytest.raises(InputError, match="to_thread"):
        asyncio.run(model.aencode(TEXTS, pool=object()))
    with pytest.raises(InputError, match="out"):
        asyncio.run(model.aencode(TEXTS, out=np.zeros((40, 8), np.float32)))
    with pytest.raises(InputError, match="window"):
        DynamicBatcher(window=-1)
    batcher.close()
    with pytest.raises(InputError, match="closed"):
        model.encode(TEXTS, pool=batcher)
