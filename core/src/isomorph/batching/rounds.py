"""A round: one run of a pipeline for several calls, and what each of them gets of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from isomorph.batching.queue import Round
from isomorph.batching.ticket import Ticket
from isomorph.runtime.report import CallReport


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one call gets of a round: rows for its inputs at `places`, or an error."""

    ticket: Ticket
    places: tuple[int, ...]
    rows: Sequence[Any] = ()
    tokens: int = 0
    padding: int = 0
    cut: Sequence[int] = ()
    strange: Sequence[int] = ()
    bad: Sequence[tuple[int, str]] = ()
    error: BaseException | None = None

    def deliver(self) -> None:
        """Hands everything to the ticket; on the dispatcher's thread."""
        ticket = self.ticket
        ticket.came += len(self.places)
        for place, row in zip(self.places, self.rows, strict=False):
            ticket.rows[place] = row
        ticket.tokens += self.tokens
        ticket.padding += self.padding
        ticket.cut.extend(self.cut)
        ticket.strange.extend(self.strange)
        ticket.bad.update(self.bad)
        ticket.error = ticket.error or self.error


def run(work: Round) -> list[Answer]:
    """Runs the inputs of a round together; where that fails each call alone, so that errors are its own."""
    parts = [part for part in work.parts if not part[0].left]
    if not parts:
        return []
    try:
        return list(_together(parts))
    except BaseException as error:
        if len(parts) == 1:
            return [Answer(*parts[0], error=error)]
    return [_alone(part) for part in parts]


def _alone(part: tuple[Ticket, tuple[int, ...]]) -> Answer:
    try:
        return next(_together([part]))
    except BaseException as error:
        return Answer(*part, error=error)


def _together(parts: Sequence[tuple[Ticket, tuple[int, ...]]]) -> Iterator[Answer]:
    first = parts[0][0]
    items = [ticket.distinct.items[place] for ticket, places in parts for place in places]
    named = [ticket.place(place) for ticket, places in parts for place in places]
    kept, report = first.pipeline.run(items, replace(first.shared, places=named))
    start = 0
    seen: set[int] = set()
    whole = max(1, sum(len(ids) for _, ids in kept))
    for ticket, places in parts:
        own = kept[start : start + len(places)]
        tokens = sum(len(ids) for _, ids in own)
        rows = [_own_row(ticket, row, ids, seen) for row, ids in own]
        share = round(report.padding * tokens / whole)
        yield Answer(ticket, places, rows, tokens, share, **_told(report, start, places))
        start += len(places)


def _own_row(ticket: Ticket, row: Any, ids: Any, seen: set[int]) -> Any:
    """What a call keeps of an input. Calls that passed equal texts get arrays of their own."""
    if id(row) in seen:
        row = row.copy()
    seen.add(id(row))
    return ticket.job.keep(row, ids) if ticket.job.keep else row


def _told(report: CallReport, start: int, places: Sequence[int]) -> dict[str, Any]:
    """What a report says of the inputs of one call, by their places in it."""
    stop = start + len(places)
    return {
        "cut": [places[index - start] for index in report.truncated if start <= index < stop],
        "strange": [places[index - start] for index in report.not_finite if start <= index < stop],
        "bad": [(places[i - start], why) for i, why in report.bad_inputs if start <= i < stop],
    }
