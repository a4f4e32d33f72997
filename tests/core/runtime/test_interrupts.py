"""An interrupt ends a call wherever it finds it, and the next call is answered.

Interrupts come at steps that are counted, not after some time, so that they find the same places on any
machine.
"""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from inspect import CO_GENERATOR
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from tests.core.machine.crews import none_is_left
from tests.core.pool.conftest import LOADERS, TEXTS

import isomorph
from isomorph import DynamicBatcher, SentenceTransformer
from isomorph.machine.crew import Crew
from isomorph.runtime.plan import Runner
from isomorph.schedule.lanes import run_lanes

INTERRUPTS = 60
FOLDER = LOADERS[SentenceTransformer]
OURS = str(Path(isomorph.__file__).parent)
SECONDS = 120


@pytest.fixture(autouse=True)
def interrupts_count():
    """Ctrl-C raises here, also in a shell's background job, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Step:
    """Counts our functions that are entered, and interrupts at one of them."""

    def __init__(self, at=None):
        self.done = 0
        self._at = at

    def __call__(self, frame, event, argument):
        code = frame.f_code
        # Before a call of C and in a generator that is freed no interrupt comes; locks of Python's
        # own modules are not ours to keep.
        if event != "call" or OURS not in code.co_filename or code.co_flags & CO_GENERATOR:
            return
        self.done += 1
        if self.done == self._at:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)


def steps_of(call, at=None):
    """How many steps a call takes; it is interrupted at one of them."""
    step = Step(at)
    sys.setprofile(step)
    try:
        call()
    finally:
        sys.setprofile(None)
    return step.done


def check(call, wanted):
    """Interrupts at many steps of a call."""
    call()
    total = max(steps_of(call) - 2, 1)
    for number in range(INTERRUPTS):
        with pytest.raises(KeyboardInterrupt):
            steps_of(call, 1 + number * total // INTERRUPTS)
        assert np.allclose(call(), wanted, atol=1e-5), number


@pytest.fixture
def model(backend):
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as loaded:
        yield loaded


def test_a_call_of_one_text(model):
    check(lambda: model.encode(TEXTS[0]), model.encode(TEXTS[0]))
    every_place_is_free(model)


def test_a_call_of_many(model):
    check(lambda: model.encode(TEXTS), model.encode(TEXTS))
    every_place_is_free(model)


def test_a_stream(model):
    check(
        lambda: np.stack(list(model.encode_iter(TEXTS, window_size=9))),
        np.stack(list(model.encode_iter(TEXTS, window_size=9))),
    )
    every_place_is_free(model)


def test_a_call_that_shares_forwards(model):
    batcher = DynamicBatcher()
    check(lambda: model.encode(TEXTS[:3], pool=batcher), model.encode(TEXTS[:3]))
    assert batcher.calls == 0
    every_place_is_free(model)


class Unwinding:
    """Interrupts a crew once more, while it ends because of an interrupt."""

    def __init__(self, at):
        self._at = at
        self.came = False

    def __call__(self, frame, event, argument):
        if event not in ("call", "c_return") or "crew" not in frame.f_code.co_filename:
            return
        self._at -= 1
        if not self._at:
            self.came = True
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("again", range(1, 16, 2))
@pytest.mark.parametrize("way", ["lanes", "stream"])
def test_a_second_one_while_the_first_unwinds(way, again, monkeypatch):
    """The call ends, and so do its threads."""
    end, begun, model = Crew._end, [], SentenceTransformer(FOLDER, backend="reference")

    def ending(crew):
        begun.append(True)
        if len(begun) == 1:
            sys.setprofile(Unwinding(again))
        end(crew)

    def call():
        if way == "lanes":
            return sorted(run_lanes(float, list(range(40)), 2))
        return np.stack(list(model.encode_iter(TEXTS * 4, window_size=9, batch_size=2)))

    wanted = call()
    begun.clear()
    monkeypatch.setattr(Crew, "_end", ending)
    monkeypatch.setattr(Crew, "answer", _interrupted_once(Crew.answer))
    with pytest.raises(KeyboardInterrupt):
        call()
    sys.setprofile(None)
    assert begun
    assert none_is_left()
    assert np.allclose(call(), wanted, atol=1e-5)
    model.close()


def _interrupted_once(answer):
    sent = []

    def interrupted(crew):
        if not sent:
            sent.append(True)
            signal.raise_signal(signal.SIGINT)
        return answer(crew)

    return interrupted


def test_a_call_of_a_pool():
    model = SentenceTransformer(LOADERS[SentenceTransformer], backend="reference")
    with model.start_multi_process_pool(["cpu", "cpu"]) as pool:
        check(lambda: model.encode(TEXTS, pool=pool, chunk_size=3), model.encode(TEXTS))
        assert len(pool) == 2


def every_place_is_free(model):
    """As many calls at once as there are lanes come to an end, and one more."""
    with ThreadPoolExecutor(8) as threads:
        found = [threads.submit(model.encode, text) for text in TEXTS[:8]]
        assert all(each.result(SECONDS).ndim == 1 for each in found)


@pytest.mark.parametrize("texts", [TEXTS[:1], TEXTS], ids=["one", "many"])
def test_one_that_comes_while_a_forward_runs(texts, monkeypatch):
    forward, sent = Runner.forward, []

    def interrupted(runner, feeds):
        if not sent:
            sent.append(Thread(target=signal.raise_signal, args=(signal.SIGINT,)))
            sent[0].start()
            sent[0].join()
        return forward(runner, feeds)

    with SentenceTransformer(LOADERS[SentenceTransformer], backend="reference") as model:
        wanted = model.encode(texts)
        monkeypatch.setattr(Runner, "forward", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.encode(texts)
        assert np.allclose(model.encode(texts), wanted, atol=1e-5)
