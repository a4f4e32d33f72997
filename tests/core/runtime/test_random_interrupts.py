"""An interrupt at a random moment ends the call that it finds with KeyboardInterrupt, whatever the call does.

`test_interrupts` interrupts at functions of ours; here a timer does, so that engines, tokenizers and the
standard library are interrupted too. `make test-interrupts` sends 300 to each kind of call.
"""

from __future__ import annotations

import faulthandler
import os
import random
import signal
from time import perf_counter
from weakref import WeakSet

import numpy as np
import pytest
from tests.core.pool.conftest import LOADERS, TEXTS, TWO

from isomorph import SentenceTransformer

INTERRUPTS = int(os.environ.get("ISOMORPH_TEST_INTERRUPTS", "12"))
HANGS = 300
"""Seconds after which a call that does not end is shown with all threads, and the run ended."""

WEAK_SETS = WeakSet.__init__.__code__.co_filename
"""Threads are in one of them, and leave it by a callback."""

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer")


class Storm:
    """Sends interrupts to the main thread, each some time after it was asked for."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.came = False

    def soon(self, seconds):
        self.came = False
        signal.setitimer(signal.ITIMER_REAL, max(seconds * self.chance.random(), 1e-5))

    def now(self, number, frame):
        if self._is_swallowed(frame):
            signal.setitimer(signal.ITIMER_REAL, 1e-3)
            return
        self.came = True
        raise KeyboardInterrupt

    def _is_swallowed(self, frame):
        """Whether Python would tell of an interrupt here and go on: the callback of a weak reference runs."""
        while frame is not None:
            if frame.f_code.co_name == "_remove" and frame.f_code.co_filename == WEAK_SETS:
                return True
            frame = frame.f_back
        return False


@pytest.fixture
def storm(request):
    made = Storm(request.node.name)
    before = signal.signal(signal.SIGALRM, made.now)
    faulthandler.dump_traceback_later(HANGS, exit=True)
    yield made
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    faulthandler.cancel_dump_traceback_later()


def again_and_again(call, storm, seconds):
    """Calls until an interrupt comes; one that is lost lets the call return that it met."""
    storm.soon(seconds)
    while True:
        call()
        assert not storm.came, "the interrupt was lost"


def weather(call, wanted, storm):
    """Interrupts the call many times; after each it gives what it gave before."""
    call()  # the first one loads
    begun = perf_counter()
    assert np.allclose(call(), wanted, atol=1e-5)
    seconds = 1.5 * (perf_counter() - begun)
    for number in range(INTERRUPTS):
        with pytest.raises(KeyboardInterrupt):
            again_and_again(call, storm, seconds)
        assert np.allclose(call(), wanted, atol=1e-5), number


@pytest.fixture
def model(backend):
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as loaded:
        yield loaded


def test_a_call_of_one_text(model, storm):
    weather(lambda: model.encode(TEXTS[0]), model.encode(TEXTS[0]), storm)


def test_a_call_of_many(model, storm):
    weather(lambda: model.encode(TEXTS), model.encode(TEXTS), storm)


def test_a_stream(model, storm):
    weather(
        lambda: np.stack(list(model.encode_iter(TEXTS, window_size=9))), model.encode(TEXTS), storm
    )


def test_a_call_of_a_pool(model, storm):
    with model.start_multi_process_pool(TWO) as pool:
        weather(lambda: model.encode(TEXTS, pool=pool, chunk_size=3), model.encode(TEXTS), storm)
        assert len(pool) == 2
