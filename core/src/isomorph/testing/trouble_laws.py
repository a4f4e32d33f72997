"""The laws about loads that fail and calls that never end. Each raises `LawBroken` with the reason."""

from __future__ import annotations

import ctypes
import gc
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from isomorph.contract import Asked, Claim, Model, Values
from isomorph.errors import BackendFailed, IsomorphError
from isomorph.machine.free_memory import resident_memory
from isomorph.plugins.reading import read_model
from isomorph.testing.compare import LawBroken, assert_close, real_tokens, require
from isomorph.testing.feeds import batch, rows
from isomorph.testing.subject import Subject

NO_ARITHMETIC = "float7"
"""A number type that no engine has."""
ROWS, WIDTH = 64, 4
"""The shape of the forwards whose memory is looked at."""
FORWARDS, ROUNDS, MOST_ROUNDS = 20, 6, 40
"""How many forwards between two looks, and how often memory must grow to be called growing."""
_SHARE = 0.5
"""How much of their results forwards must keep to be called growing."""


def failed_loads_say_why(subject: Subject, name: str, folder: Path) -> None:
    """A load that cannot succeed raises an error of isomorph, and later loads are as they were.

    Weight files are taken away, or replaced by others, after the model was read. A session that comes
    all the same gives the numbers of the model that was read.
    """
    claim = subject.claim(name)
    for way, change in (("gone", Path.unlink), ("replaced by noise", _replace)):
        copy = shutil.copytree(subject.case(name).model.folder, folder / way.replace(" ", "-"))
        model = read_model(copy)
        for file in {each.file for tensors in model.tensors.values() for each in tensors.values()}:
            change(file)
        _fails_or_agrees(subject, name, model, claim, f"whose weights are {way}")
    _refuses_an_unknown_arithmetic(subject, name)
    _fails_or_agrees(subject, name, subject.case(name).model, claim, "behind loads that failed")


def _replace(file: Path) -> None:
    """Another file of the same size stands there: what maps the old one keeps it."""
    size = file.stat().st_size
    other = file.with_name(f"{file.name}.new")
    other.write_bytes(bytes(value * 37 % 251 for value in range(size % 9973 + 300)))
    other.rename(file)


def _fails_or_agrees(subject: Subject, name: str, model: Model, claim: Claim, which: str) -> None:
    """The load raises an error of isomorph, or its session gives the numbers of the unspoilt model."""
    found: list[Values] = []
    case = subject.case(name)
    batch_name, feeds = next(iter(case.feeds.items()))

    def ask() -> None:
        session = subject.load(model, claim)
        try:
            found.append(session.forward(feeds))
        finally:
            session.close()

    what = f"model {name!r} {which}"
    if not _raises_ours(ask, what):
        for output, array in case.expected(claim.depth, batch_name).items():
            given = np.asarray(found[0][output])
            mine, theirs = (real_tokens(output, each, feeds) for each in (given, array))
            assert_close(mine, theirs, subject.agrees(claim), f"{what}, {output}")
    elif "failed" in which:
        raise LawBroken(f"{what}: it loaded before, and does not any more")


def _raises_ours(ask: Callable[[], None], what: str) -> bool:
    """Whether a call raises an error of isomorph that no door had to make of a foreign one."""
    try:
        ask()
    except (LawBroken, BackendFailed) as foreign:
        raise LawBroken(f"{what}: {foreign}") from foreign
    except IsomorphError as refusal:
        require(str(refusal), f"{what}: {type(refusal).__name__} says no reason")
        return True
    return False


def _refuses_an_unknown_arithmetic(subject: Subject, name: str) -> None:
    """A number type that does not exist is refused: by the claim, which may be 0, or by the load."""
    model, what = subject.case(name).model, f"model {name!r} in {NO_ARITHMETIC}"
    loaded: list[Claim] = []

    def ask() -> None:
        claim = subject.backend.claim(model, subject.device, Asked(NO_ARITHMETIC))
        if claim.depth:
            subject.load(model, claim, NO_ARITHMETIC).close()
            loaded.append(claim)

    _raises_ours(ask, what)
    require(not loaded, f"{what}: it was loaded. Raise Unsupported for a number type of no engine")


def _give_back() -> None:
    """Hands what is garbage or held free to the system, where else a leak would hide for long.

    Garbage of others that is collected in the middle of a round would hide what the round keeps.
    """
    gc.collect()
    with suppress(AttributeError, OSError):  # another C library, or none that can be asked
        ctypes.CDLL(None).malloc_trim(0)


def _is_steady(grown: list[int]) -> bool:
    """Whether so many rounds took about as much, as a round does that keeps something of each forward."""
    return len(grown) == ROUNDS and 2 * min(grown) >= max(grown)


def memory_does_not_grow(subject: Subject, name: str) -> None:
    """Forwards of one shape keep neither their feeds nor their results.

    What an allocator holds back is no growth, nor what an engine still fills: memory counts as growing where
    each of several rounds takes at least half of what its results take, and about as much as the others.
    Where the system does not say what is resident, nothing is asked.
    """
    session, model = subject.session(name), subject.case(name).model
    longest = min(WIDTH, subject.longest(name))
    feeds = batch(model, rows(model, [longest] * ROWS, seed=9))
    results = sum(np.asarray(array).nbytes for array in session.forward(feeds).values())
    bound = _SHARE * FORWARDS * results
    _give_back()
    for _ in range(FORWARDS):  # engines fill their caches
        session.forward(feeds)
    grown: list[int] = []
    while len(grown) < MOST_ROUNDS and not _is_steady(grown[-ROUNDS:]):
        before = resident_memory()
        for _ in range(FORWARDS):
            session.forward(feeds)
        after = resident_memory()
        if before is None or after is None or after - before < bound:
            return
        grown.append((after - before) >> 10)
    told = ", ".join(map(str, grown[-ROUNDS:]))
    raise LawBroken(
        f"model {name!r}: {FORWARDS} forwards of {ROWS} rows took {told} KiB more each "
        f"time, and their results have {FORWARDS * results >> 10} KiB: something of every forward is kept"
    )
