"""Records as lines of JSON: one for the run, then one for each row. A file may hold several runs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from isomorph.errors import InputError
from isomorph_bench.records.row import Row
from isomorph_bench.records.run import FORMAT, Record, Run

TOLD = ("kind", "items", "unit", "fingerprint")
"""What a run says of each of its workloads at least."""

_NUMBER = int | float | None
_OF_RUNS = {"begun": str, "stopped": str}
_OF_ROWS = {
    "contender": str, "workload": str, "ours": bool, "asked": dict, "report": dict, "void": str,
    "gap": _NUMBER, "cosine": _NUMBER, "spearman": _NUMBER,
}  # fmt: skip
"""What the values of a line are."""


def written(record: Record) -> Iterator[str]:
    """The lines of a record."""
    yield json.dumps({"kind": "run", "format": FORMAT, **asdict(record.run)}, ensure_ascii=False)
    for row in record.rows:
        yield json.dumps({"kind": "row", **asdict(row)}, ensure_ascii=False)


def read(file: Path) -> list[Record]:
    """The records of a file.

    Raises:
        InputError: the file cannot be read, or a line is none of a record; the message names the line.
    """
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(f"{file} cannot be read as a record: {cause}") from cause
    return records_of(file, text)


def records_of(file: Path, text: str) -> list[Record]:
    """The records of the text of a file, as `read` gives them."""
    found: list[tuple[Run, list[Row]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            _add(found, json.loads(line))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as cause:
            why = f"it has no {cause}" if isinstance(cause, KeyError) else cause
            raise InputError(
                f"{file}, line {number}: no line of a record ({why}). Without that line the file can be "
                "read, unless others are damaged too."
            ) from cause
    if not found:
        raise InputError(f"{file} holds no record. `isomorph bench MODEL --json FILE` writes one.")
    return [Record(run, tuple(rows)) for run, rows in found]


def read_all(files: Sequence[Path]) -> list[Record]:
    """The records of several files, in their order."""
    return [record for file in files for record in read(file)]


@contextmanager
def legible(files: Sequence[Path]) -> Iterator[None]:
    """Names the files where what is made of their records meets what no run writes.

    Raises:
        InputError: it does.
    """
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as cause:
        if isinstance(cause, InputError):
            raise
        why = f"no {cause}" if isinstance(cause, KeyError) else cause
        raise InputError(
            f"{' or '.join(map(str, files))} holds what no run writes ({type(cause).__name__}: {why}). Take "
            "the record anew: isomorph bench run --again FILE."
        ) from cause


def _add(found: list[tuple[Run, list[Row]]], line: dict[str, Any]) -> None:
    kind = line.pop("kind")
    if kind == "run":
        stated = line.pop("format")
        if stated != FORMAT:
            raise ValueError(f"its format is {stated}, and this version reads {FORMAT}")
        found.append((_run(line), []))
    elif kind == "row":
        run, rows = found[-1]
        row = _row(line)
        if row.workload not in run.workloads:
            raise ValueError(f"its run has no workload {row.workload!r}")
        rows.append(row)
    else:
        raise ValueError(f"its kind is {kind!r}")


def _run(line: dict[str, Any]) -> Run:
    run = Run(**line)
    _check(run, _OF_RUNS)
    for name in ("order", "model", "machine", "versions", "workloads"):
        if not isinstance(getattr(run, name), dict):
            raise TypeError(f"its {name} is no object")
    for name, about in run.workloads.items():
        if lacking := [key for key in TOLD if key not in about]:
            raise ValueError(f"its workload {name!r} has no {lacking[0]!r}")
    return run


def _row(line: dict[str, Any]) -> Row:
    unknown = line.keys() - {each.name for each in fields(Row)}
    if unknown:
        raise ValueError(f"it has {sorted(unknown)[0]!r}")
    rounds = tuple(tuple(float(call) for call in calls) for calls in line.pop("rounds", ()))
    resident = tuple((float(at), float(size)) for at, size in line.pop("resident", ()))
    joules = tuple(float(each) for each in line.pop("joules", ()))
    if not all(rounds):
        raise ValueError("a round of it has no calls")
    if not all(math.isfinite(call) and call > 0 for calls in rounds for call in calls):
        raise ValueError("a call of it took no time that a clock tells")
    row = Row(**line, rounds=rounds, resident=resident, joules=joules)
    _check(row, _OF_ROWS)
    return row


def _check(made: Run | Row, kinds: Mapping[str, Any]) -> None:
    for name, kind in kinds.items():
        if not isinstance(getattr(made, name), kind):
            raise TypeError(f"its {name} is {getattr(made, name)!r}")
