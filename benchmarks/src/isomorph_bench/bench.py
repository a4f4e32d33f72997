"""An order is run, and becomes a record."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from isomorph.errors import InputError
from isomorph.evaluation.correlation import spearman
from isomorph.models.choose import load_model
from isomorph.quantize.given import read_pairs, read_texts
from isomorph.resolve import Request, resolve
from isomorph_bench.entrants import entrants
from isomorph_bench.machine import energy, facts, limits
from isomorph_bench.order import Order
from isomorph_bench.race import contenders
from isomorph_bench.race.judging import LEAST_COSINE
from isomorph_bench.race.race import INTERRUPTED, Race, Timed
from isomorph_bench.records.row import Row
from isomorph_bench.records.run import Record, Run
from isomorph_bench.shapes import SHAPE, folder_of_shape
from isomorph_bench.tasks.named import named, task_of
from isomorph_bench.tasks.task import Task
from isomorph_bench.workloads import suites
from isomorph_bench.workloads.facts import facts as facts_of
from isomorph_bench.workloads.sources import ARRAYS, FILES, Sources
from isomorph_bench.workloads.workload import Workload, quick

Say = Callable[[str], None]


def folder_of(model: str, small: bool = False) -> Path:
    """Where a model lies; ``shape:NAME`` is made of random weights, a bare name is sentence-transformers'."""
    if model.startswith(SHAPE):
        return folder_of_shape(model.removeprefix(SHAPE), small)
    return Path(resolve(model, Request(organization="sentence-transformers")))


def run(order: Order, say: Say) -> Record:
    """Races, and returns what was found.

    An interrupt while contenders race ends the run, and its record holds what was found until then.

    Raises:
        InputError: the order names what there is not.
        IsomorphError: the model cannot be found or read.
    """
    folder = folder_of(order.model, order.quick)
    task = named(order.task) if order.task else task_of(folder)
    suite = workloads_of(order, task)
    racing = entrants(order, folder, task.name, say)
    (reference,) = contenders.ours(str(folder), ["reference"], task.name)
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory() as made:
        timed = items_of(order, task, suite, Path(made))
        about = about_workloads(folder, timed)
        say("the machine's own limits")
        found = limits.probe()
        race = Race(
            racing,
            reference,
            say,
            meter=energy.meter(),
            least_cosine=LEAST_COSINE if order.least_cosine is None else order.least_cosine,
        )
        rows = race.run(timed)
        try:
            if not race.stopped:
                rows = with_quality(rows, race, order, task)
                found = limits.probe_again(found)
        except KeyboardInterrupt:
            race.stopped = INTERRUPTED
    machine = {
        **facts.facts(),
        "limits": {**asdict(found), "busy": found.busy},
        "energy": energy.meter().why,
    }
    model = {"name": order.model, "hash": contenders.content(folder), "task": task.name}
    told = Run(
        order.as_data(), model, machine, facts.versions(), about, begun, stopped=race.stopped
    )
    return Record(told, tuple(rows))


def workloads_of(order: Order, task: Task) -> tuple[Workload, ...]:
    """The workloads of an order. A file of texts that nobody asked anything of is a workload of its own."""
    names = order.workloads or (("file",) if order.texts else ())
    suite = suites.chosen(names, task.known, task.default)
    suite = suites.with_(
        suite,
        rounds=order.rounds,
        callers=order.callers,
        seconds=order.seconds,
        items=order.items,
    )
    if not suite:
        raise InputError(f"With {order.items} items no workload is left.")
    return quick(suite) if order.quick else suite


def items_of(order: Order, task: Task, suite: Sequence[Workload], made: Path) -> list[Timed]:
    """The items of each workload."""
    own = read_texts(Path(order.texts)) if order.texts else []
    photos = [one.count for one in suite if one.source in (FILES, ARRAYS)]
    sources = Sources(own, _photos(made, max(photos)) if photos else [])
    return [
        (
            one,
            task.items(
                sources.take(one.source, one.count * task.takes(one.alone), one.text_tokens),
                one.alone,
            ),
        )
        for one in suite
    ]


def _photos(folder: Path, count: int) -> list[str]:
    from isomorph_bench.workloads.photos import write_photos

    return write_photos(folder / "photos", count)


def about_workloads(folder: Path, timed: Sequence[Timed]) -> dict[str, dict[str, Any]]:
    """The facts about each workload's items, in tokens of this model."""
    model: Any = load_model(str(folder), backend="reference")
    return {workload.name: facts_of(workload, items, model) for workload, items in timed}


def with_quality(rows: Sequence[Row], race: Race, order: Order, task: Task) -> list[Row]:
    """The rows with the correlation of each contender, where pairs were given."""
    if not order.pairs:
        return list(rows)
    pairs = read_pairs(Path(order.pairs))
    truth = [score for *_, score in pairs]
    items = task.asked_of_pairs([(left, right) for left, right, _ in pairs])
    found = {name: spearman(task.likeness(results), truth) for name, results in race.rows_of(items)}
    return [replace(row, spearman=found.get(row.contender)) for row in rows]
