"""How large the forwards of one session are: as it claims, as memory allows, as a call wishes."""

from __future__ import annotations

from threading import Lock

from isomorph.contract import Claim
from isomorph.machine.forks import WORK
from isomorph.schedule.batches import BUDGET, MAX_ROWS, Batch
from isomorph.schedule.lattice import Lattice


class Sizes:
    """What a claim says of forwards; the budget shrinks where a device turned out to be too small.

    Attributes:
        lattice: the only shapes of forwards; None where others may come.
        limit: padded tokens that are known to fit, None where nothing was too large yet.
        widest: positions of the widest forward, None where there is none.
    """

    def __init__(self, claim: Claim, longest: int | None) -> None:
        """`longest` is the number of positions that the model has."""
        self._batches = claim.batches
        self.widest = claim.batches.longest
        always = claim.batches.are_fixed or claim.max_shapes == 0
        self.buckets = Lattice(claim.batches.widths, claim.batches.rows, longest)
        self.lattice = self.buckets if always else None
        self.limit: int | None = None
        self.after_fork()
        WORK.inherit(self)

    def after_fork(self) -> None:
        """In a child nobody holds the lock."""
        self._lock = Lock()

    def wanted(self, found: int) -> int:
        """Padded tokens that the engine wants, 0 for core's choice; `found` is what its session says."""
        return found or self._batches.tokens

    def bounds(self, fitting: int, found: int, asked: int | None) -> tuple[int, int | None, bool]:
        """Padded tokens and inputs of a forward at most, None for any number; and whether the engine says so.

        Args:
            fitting: how many tokens of core's own choice fit into memory.
            found: how many the session wants, 0 where it does not say.
            asked: how many inputs the call names at most.
        """
        batches = self._batches
        wanted = found or batches.tokens
        most = fitting
        if wanted:
            most = wanted if fitting >= BUDGET else min(wanted, fitting)
        if self.limit is not None:
            most = min(most, self.limit)
        own = batches.rows[-1] if batches.rows else batches.most_rows
        if own is None and not wanted:
            own = MAX_ROWS
        return most, own if asked is None else min(asked, own or asked), bool(wanted)

    def holds(self, size: int) -> bool:
        """Whether no forward of so many tokens is known to be too large."""
        return self.limit is None or size <= self.limit

    def shrink(self, size: int) -> None:
        """Forwards have at most half of so many tokens from now on."""
        half = max(1, size // 2)
        with self._lock:
            self.limit = half if self.limit is None else min(self.limit, half)


def padded(batch: Batch) -> int:
    """Padded tokens of a forward."""
    return (len(batch.rows) + batch.blank) * batch.width
