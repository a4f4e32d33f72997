"""An interrupt at a random moment ends the call that it finds with KeyboardInterrupt, whatever the call does.

`test_interrupts` interrupts at functions of ours; here a timer does, so that engines, tokenizers and the
standard library are interrupted too. `make test-interrupts` sends 300 to each kind of call.
"""

from __future__ import annotations

import faulthandler
import os
import random
import signal
import sys
from time import perf_counter

import numpy as np
import pytest
from tests.core.pool.conftest import LOADERS, TEXTS, TWO

from isomorph import SentenceTransformer

INTERRUPTS = int(os.environ.get("ISOMORPH_TEST_INTERRUPTS", "12"))
HANGS = 300
"""Seconds after which a call that does not end is shown with all threads, and the run ended."""

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer")


class Storm:
    """Sends interrupts to the main thread, each some time after it was asked for."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.came = self.swallowed = False
        self.told_before = sys.unraisablehook

    def soon(self, seconds):
        self.came = self.swallowed = False
        signal.setitimer(signal.ITIMER_REAL, max(seconds * self.chance.random(), 1e-5))

    def now(self, number, frame):
        self.came = True
        raise KeyboardInterrupt

    def unraisable(self, told):
        """What Python calls where it tells of an error and goes on: in finalizers, in callbacks."""
        if isinstance(told.exc_value, KeyboardInterrupt):
            self.swallowed = True
        else:
            self.told_before(told)


@pytest.fixture
def storm(request):
    made = Storm(request.node.name)
    before = signal.signal(signal.SIGALRM, made.now)
    sys.unraisablehook = made.unraisable
    faulthandler.dump_traceback_later(HANGS, exit=True)
    yield made
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    sys.unraisablehook = made.told_before
    faulthandler.cancel_dump_traceback_later()


def again_and_again(call, storm, seconds):
    """Calls until an interrupt comes; one that is lost lets the call return that it met.

    One that Python swallowed, in a finalizer of whatever the collector met, is sent again.
    """
    storm.soon(seconds)
    while True:
        call()
        if storm.swallowed:
            storm.soon(seconds)
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
