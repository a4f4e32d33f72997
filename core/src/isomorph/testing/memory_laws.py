"""The law about memory that grows with every forward. It raises `LawBroken` with the reason."""

from __future__ import annotations

import gc

import numpy as np

from isomorph.testing.compare import LawBroken
from isomorph.testing.feeds import batch, rows
from isomorph.testing.memory import Memory, give_back
from isomorph.testing.subject import Subject

ROWS, WIDTH = 64, 4
"""The shape of the forwards whose memory is looked at."""
FORWARDS, ROUNDS, MOST_ROUNDS = 20, 6, 40
"""How many forwards between two looks, and how often memory must grow to be called growing."""
_SHARE = 0.5
"""How much of their results forwards must keep to be called growing."""


def memory_does_not_grow(subject: Subject, name: str) -> None:
    """Forwards of one shape keep neither their feeds nor their results.

    What an allocator holds back is no growth, nor what an engine still fills, nor pages that were free
    and are touched again. Memory counts as growing where each of several rounds takes at least half of
    what its results take, and about as much as the others, and where it is kept.
    Where the system does not say what is resident, nothing is asked.
    """
    session, model = subject.session(name), subject.case(name).model
    longest = min(WIDTH, subject.longest(name))
    feeds = batch(model, rows(model, [longest] * ROWS, seed=9))
    results = sum(np.asarray(array).nbytes for array in session.forward(feeds).values())
    bound = _SHARE * FORWARDS * results
    gc.collect()  # garbage of others, collected in the middle of a round, would hide what the round keeps
    give_back()
    for _ in range(FORWARDS):  # engines fill their caches
        session.forward(feeds)
    grown: list[Memory] = []
    while len(grown) < MOST_ROUNDS and not (_is_steady(grown[-ROUNDS:]) and _is_kept(grown)):
        before = Memory.now()
        for _ in range(FORWARDS):
            session.forward(feeds)
        after = Memory.now()
        if before is None or after is None or after.resident - before.resident < bound:
            return
        grown.append(after - before)
    if not _is_kept(grown):
        return
    told = ", ".join(str(each.resident >> 10) for each in grown[-ROUNDS:])
    raise LawBroken(
        f"model {name!r}: {FORWARDS} forwards of {ROWS} rows took {told} KiB more each "
        f"time, and their results have {FORWARDS * results >> 10} KiB: something of every forward is kept"
    )


def _is_steady(grown: list[Memory]) -> bool:
    """Whether so many rounds took about as much, as a round does that keeps something of each forward."""
    taken = [each.resident for each in grown]
    return len(taken) == ROUNDS and 2 * min(taken) >= max(taken)


def _is_kept(grown: list[Memory]) -> bool:
    """Whether what became resident was also kept: free pages that are touched again are not."""
    return 2 * sum(each.kept for each in grown) >= sum(each.resident for each in grown)
