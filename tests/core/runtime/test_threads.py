"""One model, many threads: each gets the answer that it would get alone."""

from __future__ import annotations

import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from threading import Barrier, Event, Lock, Thread

import numpy as np
import pytest
from tests.core.pool.conftest import LOADERS, LONG, TEXTS

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.errors import TruncationWarning
from isomorph.machine.afterwards import AFTERWARDS
from isomorph.preprocess.text import Text
from isomorph.runtime.plan import Plan, Runner
from isomorph.runtime.runners import Kind

THREADS = 64


def at_once(call):
    """What `call` gives for 0, 1, …, all threads starting together."""
    start = Barrier(THREADS)

    def run(number):
        start.wait()
        return call(number)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, range(THREADS)))


@pytest.fixture
def loaded(monkeypatch):
    """What was loaded, plans and tokenizers, each so slowly that every thread asks meanwhile."""
    done = []

    def slowly(original):
        def run(*args):
            done.append(original.__name__)
            time.sleep(0.05)
            return original(*args)

        return run

    monkeypatch.setattr(Plan, "open", slowly(Plan.open))
    monkeypatch.setattr(Text, "preparer", slowly(Text.preparer))
    return done


def test_the_first_calls_load_once_and_all_get_the_serial_answer(backend, loaded):
    """Every thread has one text; its last bits may follow the number of threads that are free for it."""
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        found = at_once(lambda number: model.encode(TEXTS[number % len(TEXTS)]))
        assert sorted(loaded) == ["open", "preparer"]
        for number, vector in enumerate(found):
            want = model.encode(TEXTS[number % len(TEXTS)])
            np.testing.assert_allclose(vector, want, atol=2e-6, rtol=0)


def test_batches_of_several_threads_do_not_mix(backend):
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        texts = TEXTS[:12]
        turned = [texts[n:] + texts[:n] for n in range(len(texts))]
        want = model.encode(texts)
        found = at_once(lambda number: model.encode(turned[number % len(texts)]))
        for number, vectors in enumerate(found):
            back = np.roll(vectors, number % len(texts), axis=0)
            np.testing.assert_allclose(back, want, atol=1e-5, rtol=0)


def test_scores_of_pairs_too(backend):
    with CrossEncoder(LOADERS[CrossEncoder], backend=backend) as model:
        pairs = [("the river", text) for text in TEXTS[:8]]
        want = model.predict(pairs)
        for scores in at_once(lambda number: model.predict(pairs)):
            np.testing.assert_allclose(scores, want, atol=1e-6, rtol=0)


class Counted:
    """A session of two lanes that counts how many forwards run at once."""

    def __init__(self, session):
        self.effective = replace(session.effective, lanes=2)
        self.most = self.running = 0
        self._session, self._lock = session, Lock()

    def close(self):
        self._session.close()

    def forward(self, values):
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            time.sleep(0.002)
            return self._session.forward(values)
        finally:
            with self._lock:
                self.running -= 1


def test_no_more_forwards_run_at_once_than_the_session_has_lanes():
    with SentenceTransformer(LOADERS[SentenceTransformer], backend="reference") as model:
        chain = model.__loaded__().pipeline
        loaded = chain.runner("sentence_embedding")  # whose session ends with it
        session = Counted(loaded.session)
        runner = Runner(loaded.plan, session, None)
        for wide in (False, True):
            chain._runners._loaded[Kind("sentence_embedding", model.device, wide)] = runner
        at_once(lambda number: model.encode(TEXTS[0]))
        assert 1 <= session.most <= 2


def test_every_call_reports_its_own_cuts():
    with SentenceTransformer(LOADERS[SentenceTransformer], backend="reference") as model:

        def call(number):
            texts = ["a"] * (number % 5) + [LONG]
            return model.encode(texts, return_report=True)[1]

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            calls = at_once(call)
        for number, report in enumerate(calls):
            assert (report.texts, report.truncated) == (number % 5 + 1, (number % 5,))
        last = model.report()
        assert last.truncated == (last.texts - 1,)  # of one call, whichever came last
        assert sum(issubclass(each.category, TruncationWarning) for each in caught) == THREADS


def test_a_forward_that_fills_memory_has_nothing_beside_it(backend, monkeypatch):
    taken = []

    class Watched:
        def take(self, cpus, total):
            taken.append((cpus, total))
            return nullcontext()

    monkeypatch.setattr("isomorph.runtime.plan.CPUS", Watched())
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        model.encode(TEXTS[0])
        runner = model.__loaded__().pipeline.runner("sentence_embedding")
        monkeypatch.setattr(runner.budget, "runs_alone", lambda rows, width: True)
        model.encode(TEXTS[0])
    before, after = taken
    assert after == (before[1], before[1])


class TestClosingWhileOthersCall:
    def test_gives_every_call_its_answer(self, backend):
        with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
            want, stop, wrong = model.encode(TEXTS), Event(), []

            def call():
                while not stop.is_set():
                    found = model.encode(TEXTS)
                    if not np.allclose(found, want, atol=1e-5):
                        wrong.append(found)

            with ThreadPoolExecutor(3) as threads:
                calls = [threads.submit(call) for _ in range(3)]
                for _ in range(20):
                    model.encode(TEXTS[0])
                    model.close()
                stop.set()
                for each in calls:
                    each.result()
        assert not wrong

    def test_waits_for_no_call_and_frees_when_the_last_one_has_ended(self):
        with SentenceTransformer(LOADERS[SentenceTransformer], backend="reference") as model:
            chain = model.__loaded__().pipeline
            loaded = chain.runner("sentence_embedding")
            session = Held(loaded.session)
            for wide in (False, True):
                kind = Kind("sentence_embedding", model.device, wide)
                chain._runners._loaded[kind] = Runner(loaded.plan, session, None)
            outcome = []
            call = Thread(target=lambda: outcome.append(model.encode(TEXTS[0])))
            call.start()
            session.begun.wait()
            model.close()
            assert AFTERWARDS.settle(120)  # sessions are freed by a thread of its own
            assert (session.closed, chain.sessions) == (1, 0), "the runner of no call is freed"
            session.leave.set()
            call.join()
            assert AFTERWARDS.settle(120)
            assert session.closed == 2
            np.testing.assert_allclose(outcome[0], model.encode(TEXTS[0]), atol=1e-6)


class Held(Counted):
    """A session whose forwards wait until they may leave."""

    def __init__(self, session):
        super().__init__(session)
        self.begun, self.leave = Event(), Event()
        self.closed = 0

    def close(self):
        self.closed += 1

    def forward(self, values):
        self.begun.set()
        self.leave.wait()
        return self._session.forward(values)
