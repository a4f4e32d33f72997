"""Threads that do tasks: none is lost, none is begun or woken for nothing."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Event, Thread, get_ident

from isomorph.batching.hands import Hands

LONG = 60
MANY = 2000


def test_tasks_one_behind_the_other_are_one_threads():
    hands, done, found = Hands(2), Event(), set()
    for _ in range(50):
        while hands._post._begun and not hands._post.listeners:
            pass  # it is about to listen again
        hands.do(lambda: (found.add(get_ident()), done.set()))
        assert done.wait(LONG)
        done.clear()
    assert len(found) == 1
    hands.end(wait=True)


def test_so_many_run_at_once_and_no_more():
    hands, gate, came = Hands(2), Event(), SimpleQueue()
    for number in range(3):
        hands.do(lambda number=number: (came.put(number), gate.wait(LONG)))
    assert {came.get(timeout=LONG), came.get(timeout=LONG)} == {0, 1}
    assert came.empty()
    gate.set()
    assert came.get(timeout=LONG) == 2
    hands.end(wait=True)


def test_no_task_is_lost_whoever_gives_them():
    hands, came = Hands(3), SimpleQueue()

    def give(start):
        for number in range(start, start + MANY):
            hands.do(lambda number=number: came.put(number))

    givers = [Thread(target=give, args=(start * MANY,)) for start in range(4)]
    for giver in givers:
        giver.start()
    found = {came.get(timeout=LONG) for _ in range(4 * MANY)}
    assert found == set(range(4 * MANY))
    hands.end(wait=True)
    assert not hands._post.working._threads


def test_all_threads_end():
    hands, gate, came = Hands(3), Event(), SimpleQueue()
    for _ in range(3):
        hands.do(lambda: (came.put(None), gate.wait(LONG)))
    for _ in range(3):
        came.get(timeout=LONG)  # each has its thread
    gate.set()
    hands.end(wait=True)
    for _ in range(600):
        if hands._post.tasks.empty() and not hands._post.listeners:
            break
        Event().wait(0.1)
    assert hands._post.tasks.empty()
    assert not hands._post.listeners
