"""Whose inputs go together next: fairness, the window and leaving, without threads or time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from isomorph.batching.queue import TOKENS_A_COST, FairQueue, Round
from isomorph.batching.ticket import Ticket
from isomorph.runtime.job import Job
from isomorph.runtime.pipeline import Throughput
from isomorph.schedule.distinct import Distinct

WINDOW = 0.5
ROOM = 8


class Engine:
    """Takes 8 inputs of one token each in a round."""

    throughput = Throughput(tokens=ROOM, inputs=ROOM)

    @property
    def main(self):
        return self


ENGINE = Engine()
ONE = round(1 / TOKENS_A_COST)  # the cost of a token
JOB = Job()


def call(count, *, engine=ENGINE, job=JOB, cost=ONE):
    items = [f"text {index}" for index in range(count)]
    return Ticket(
        engine,
        items,
        job,
        job,
        Distinct(items),
        [cost] * count,
        lambda ticket: None,
        range(count),
        rows=[None] * count,
    )


def queue_of(*tickets):
    queue = FairQueue(WINDOW)
    for ticket in tickets:
        queue.add(ticket, 0.0)
    return queue


def taken(work):
    assert isinstance(work, Round), work
    return {ticket: len(places) for ticket, places in work.parts}


def test_a_giant_call_shares_each_round_evenly_with_the_short_ones():
    giant, short, pair = call(100), call(1), call(2)
    queue = queue_of(giant, short, pair)
    assert taken(queue.next(0.0)) == {giant: 5, short: 1, pair: 2}
    late = call(3)
    queue.add(late, 1.0)
    assert taken(queue.next(9.0)) == {giant: 5, late: 3}


def test_long_texts_get_fewer_places_than_short_ones():
    long, short = call(9, cost=3 * ONE), call(9)
    work = taken(queue_of(long, short).next(0.0))
    assert work == {long: 1, short: 5}


def test_an_input_larger_than_a_round_runs_when_its_turn_comes():
    huge, short = call(1, cost=100 * ONE), call(1)
    queue = queue_of(short, huge)
    assert taken(queue.next(0.0)) == {short: 1}
    assert taken(queue.next(1.0)) == {huge: 1}
    assert queue.next(2.0) is None


def test_calls_of_another_kind_take_turns():
    other = replace(JOB, prompt="query: ")
    ours, theirs, elsewhere = call(20), call(20, job=other), call(20, engine=Engine())
    queue = queue_of(ours, theirs, elsewhere)
    order = [next(iter(taken(queue.next(float(step))))) for step in range(6)]
    assert order == [ours, theirs, elsewhere] * 2


def test_a_caller_alone_waits_for_nobody_and_a_crowd_waits_for_the_window():
    queue = queue_of(call(1))
    assert taken(queue.next(0.0))
    for _ in range(2):
        queue.add(call(1), 10.0)
    assert len(taken(queue.next(10.0))) == 2
    queue.add(call(1), 20.0)
    assert queue.next(20.0) == WINDOW
    assert queue.next(20.2) == pytest.approx(WINDOW - 0.2)
    queue.add(call(1), 20.3)
    assert len(taken(queue.next(20.0 + WINDOW))) == 2


def test_a_full_round_does_not_wait():
    queue = queue_of(call(1), call(1))
    queue.next(0.0)
    queue.add(call(ROOM + 1), 1.0)
    assert sum(taken(queue.next(1.0)).values()) == ROOM


def test_who_leaves_frees_the_rows_that_were_not_begun():
    gone, stays = call(50), call(50)
    queue = queue_of(gone, stays)
    queue.next(0.0)
    queue.withdraw(gone)
    queue.withdraw(gone)
    assert taken(queue.next(1.0)) == {stays: ROOM}


def test_rounds_grow_to_what_texts_turn_out_to_cost():
    queue = queue_of(call(100))
    assert taken(queue.next(0.0)).popitem()[1] == ROOM
    queue.learn(ENGINE, tokens=4 * ROOM, cost=ROOM * ONE)
    assert taken(queue.next(9.0)).popitem()[1] == ROOM // 4
