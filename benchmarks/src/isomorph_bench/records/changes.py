"""What differs between an old record and a new one, beyond noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from isomorph_bench.records.intervals import Interval, apart
from isomorph_bench.records.row import Row
from isomorph_bench.records.run import Record

LEAST = 0.03
"""A change of speed that is smaller is not told: machines differ by as much from hour to hour."""


@dataclass(frozen=True, slots=True)
class Change:
    """A contender in a workload, before and now. `speed` is how many times as fast as before."""

    contender: str
    workload: str
    what: str
    """``"slower"``, ``"faster"``, ``"as before"``, ``"void"``, ``"counts again"``, ``"new"``, ``"gone"``."""
    speed: Interval | None = None
    reason: str = ""

    @property
    def worse(self) -> bool:
        """Whether somebody should look: it is slower, does not count any more, or is gone."""
        return self.what in ("slower", "void", "gone")


def changes(old: Sequence[Record], new: Sequence[Record], least: float = LEAST) -> Iterator[Change]:
    """One change for each contender and workload of either side; a model's rows meet those of this model."""
    before, now = _rows(old), _rows(new)
    for key in {**before, **now}:
        yield _change(key[1], key[2], before.get(key), now.get(key), least)


Key = tuple[str, str, str]


def _rows(records: Sequence[Record]) -> dict[Key, Row]:
    """The last row of each contender in each workload with a model."""
    return {
        (str(record.run.model.get("name", "")), row.contender, row.workload): row
        for record in records
        for row in record.rows
    }


def _change(
    contender: str, workload: str, old: Row | None, new: Row | None, least: float
) -> Change:
    if old is None:
        return Change(contender, workload, "new", reason=new.void if new else "")
    if new is None:
        return Change(contender, workload, "gone")
    if not new.counts:
        what = "void" if old.counts else "as before"
        return Change(contender, workload, what, reason=new.void)
    if not old.counts:
        return Change(contender, workload, "counts again")
    speed = apart(new.by_round, old.by_round)
    if speed.holds(1.0) or abs(speed.middle - 1) < least:
        return Change(contender, workload, "as before", speed)
    return Change(contender, workload, "faster" if speed.middle > 1 else "slower", speed)
