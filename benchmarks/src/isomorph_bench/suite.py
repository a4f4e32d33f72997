"""A suite: orders in a file of TOML, each run into one record; ours names the sizes that people use."""

from __future__ import annotations

import signal
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from isomorph.cli.main import show_error
from isomorph.errors import InputError, IsomorphError
from isomorph_bench.bench import run
from isomorph_bench.order import Order, order_of
from isomorph_bench.records import kept
from isomorph_bench.records.lines import read
from isomorph_bench.report.terminal import show

Say = Callable[[str], None]
STOPPED = 130
"""The exit code of a command that somebody interrupted."""
SIZES = Path(__file__).parent / "suites" / "sizes.toml"
"""Published sizes with random weights, and what grows with texts, lengths and callers."""


def orders(file: Path) -> list[Order]:
    """The orders of a suite, each an ``[[order]]`` with the names of `Order`; ``[all]`` holds for every one.

    Raises:
        InputError: the file cannot be read, or one of its orders asks for what nobody knows.
    """
    try:
        told = tomllib.loads(file.read_text("utf-8"))
        shared, listed = told.get("all", {}), told["order"]
    except (OSError, ValueError, KeyError) as cause:
        raise InputError(f"{file} is no suite: {cause}. It needs [[order]] entries.") from cause
    return [order_of({**shared, **each}) for each in listed]


def left(asked: list[Order], done: Path | None) -> Iterator[Order]:
    """Those that have no whole record yet in a file, so that a suite that was stopped goes on."""
    found = read(done) if done and done.is_file() and done.stat().st_size else []
    there = {kept.key(record.run.order) for record in found if not record.run.stopped}
    yield from (order for order in asked if kept.key(order.as_data()) not in there)


def shortened(asked: list[Order]) -> list[Order]:
    """The same in little, to see whether they work."""
    return [replace(order, quick=True) for order in asked]


def run_alone(order: Order, file: Path | None, anew: bool, say: Say) -> int:
    """Runs an order, shows its record and keeps it; with `anew` in place of one that was asked the same.

    Returns:
        The exit code: 0, 1 where figures of ours do not count, 130 after an interrupt.

    Raises:
        InputError: the order names what there is not, or the file does not take records.
        IsomorphError: the model cannot be found or read.
    """
    if file is not None:
        kept.ready(file)
    with ended_as_interrupted():
        record = run(order, say)
    show(record)
    if file is not None:
        (kept.replace if anew else kept.append)(file, record)
    if record.run.stopped:
        return STOPPED
    return int(any(row.ours and row.void for row in record.rows))


@contextmanager
def ended_as_interrupted() -> Iterator[None]:
    """Whoever asks the process to end, as `timeout` does, interrupts it: what was measured stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run_all(asked: Iterable[Order], file: Path | None, anew: bool, say: Say) -> int:
    """Runs orders one after the other; one that cannot run is named, and the others go on."""
    code = 0
    for order in asked:
        say(f"{order.model} {' '.join(order.workloads)}".strip())
        try:
            found = run_alone(order, file, anew, say)
        except (IsomorphError, OSError, MemoryError) as error:
            show_error(error)
            found = 1
        if found == STOPPED:
            return STOPPED
        code = code or found
    return code
