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
    """``"slower"``, ``"faster"``, ``"as before"``, ``"void"``, ``"counts again"``, ``"new"``, ``"gone"``, or
    ``"other inputs"``: a workload of the same name had other texts, and seconds of these are no answer."""
    speed: Interval | None = None
    reason: str = ""

    @property
    def worse(self) -> bool:
        """Whether somebody should look: slower, void, gone, or of other inputs."""
        return self.what in ("slower", "void", "gone", "other inputs")


def changes(old: Sequence[Record], new: Sequence[Record], least: float = LEAST) -> Iterator[Change]:
    """One change for each contender and workload of either side; a model's rows meet those of this model."""
    before, now = _rows(old), _rows(new)
    for key in {**before, **now}:
        yield _change(key[1], key[2], before.get(key), now.get(key), least)


def elsewhere(old: Sequence[Record], new: Sequence[Record]) -> Iterator[str]:
    """What else than time lies between the records of a model: another machine, or other weights."""
    before, now = ({_name(each): each.run for each in side} for side in (old, new))
    for name in before.keys() & now.keys():
        then, today = before[name], now[name]
        for fact in ("cpu", "cpus"):
            values = then.machine.get(fact), today.machine.get(fact)
            if values[0] != values[1]:
                yield f"{name}: another machine, whose {fact} was {values[0]} and is {values[1]}."
        hashes = then.model.get("hash"), today.model.get("hash")
        if hashes[0] != hashes[1]:
            yield f"{name}: another model of that name, whose hash was {hashes[0]} and is {hashes[1]}."


Key = tuple[str, str, str]
Found = tuple[Row, str]
"""A row, and the fingerprint of its inputs."""


def _name(record: Record) -> str:
    return str(record.run.model.get("name", ""))


def _rows(records: Sequence[Record]) -> dict[Key, Found]:
    """The last row of each contender in each workload with a model."""
    return {
        (_name(record), row.contender, row.workload): (row, _inputs(record, row))
        for record in records
        for row in record.rows
    }


def _inputs(record: Record, row: Row) -> str:
    about = record.run.workloads[row.workload]
    return f"{about['items']} {about['unit']} ({str(about['fingerprint'])[:12]})"


def _change(
    contender: str, workload: str, before: Found | None, now: Found | None, least: float
) -> Change:
    if before is None:
        return Change(contender, workload, "new", reason=now[0].void if now else "")
    if now is None:
        return Change(contender, workload, "gone")
    (old, inputs), (new, others) = before, now
    if not new.counts:
        what = "void" if old.counts else "as before"
        return Change(contender, workload, what, reason=new.void)
    if inputs != others:
        return Change(contender, workload, "other inputs", reason=f"{inputs}, now {others}")
    if not old.counts:
        return Change(contender, workload, "counts again")
    speed = apart(new.by_round, old.by_round)
    if speed.holds(1.0) or abs(speed.middle - 1) < least:
        return Change(contender, workload, "as before", speed)
    return Change(contender, workload, "faster" if speed.middle > 1 else "slower", speed)
