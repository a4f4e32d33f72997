"""The CPUs that all models of a process share."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest

from isomorph.schedule.budget import CpuBudget


class Busy:
    """How many CPUs are taken, and the most that ever were."""

    def __init__(self):
        self._lock = Lock()
        self.now = self.most = 0

    def add(self, cpus):
        with self._lock:
            self.now += cpus
            self.most = max(self.most, self.now)


def test_never_more_than_there_are():
    budget, busy, start = CpuBudget(), Busy(), Barrier(12)

    def forward(cpus):
        start.wait()
        with budget.take(cpus, 3):
            busy.add(cpus)
            busy.add(-cpus)

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(forward, [1, 2, 3] * 4))
    assert busy.most <= 3


def test_one_that_wants_more_than_there_is_runs_alone():
    budget, begun, leave = CpuBudget(), Event(), Event()

    def small():
        with budget.take(1, 2):
            begun.set()
            leave.wait()

    def wide():
        with budget.take(8, 2):
            return leave.is_set()

    with ThreadPoolExecutor(2) as threads:
        threads.submit(small)
        begun.wait()
        waiting = threads.submit(wide)
        while not budget._waiting:
            pass
        leave.set()
        assert waiting.result(120), "the small one had ended"


def test_nobody_overtakes_one_that_waits_for_many():
    budget, order = CpuBudget(), []

    def forward(name, cpus):
        with budget.take(cpus, 2):
            order.append(name)

    with ThreadPoolExecutor(2) as threads:
        with budget.take(1, 2):
            wide = threads.submit(forward, "wide", 2)
            while not budget._waiting:
                pass
            small = threads.submit(forward, "small", 1)
            while len(budget._waiting) < 2:
                pass
            assert not order, "one CPU is free, but the wide one came first"
        wide.result(120)
        small.result(120)
    assert order == ["wide", "small"]


def test_a_failure_gives_back():
    budget = CpuBudget()
    with pytest.raises(ValueError, match="a forward failed"), budget.take(2, 2):
        raise ValueError("a forward failed")
    with budget.take(2, 2):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_in_a_forked_child_nothing_is_taken():
    from isomorph.schedule.budget import CPUS

    with CPUS.take(1, 1):
        child = os.fork()
        if not child:
            with CPUS.take(1, 1):
                os._exit(7)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
