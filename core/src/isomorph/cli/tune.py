"""``isomorph tune``: what runs a model best on this machine, measured in seconds and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from isomorph.cli.options import DeviceName, Model
from isomorph.cli.shares import share

if TYPE_CHECKING:
    from isomorph.tune import Tuned

COLUMNS = ("candidate", "visits", "short texts/s", "your mix/s", "one text/s")


def tune(
    model: Model,
    texts: Annotated[
        Path | None, typer.Option("--texts", "-t", help="Your texts, one a line; default: our own.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds that it may take.")] = 20.0,
    backend: Annotated[
        list[str] | None,
        typer.Option("--backend", "-b", help="Only this one (repeatable); default: all."),
    ] = None,
    device: DeviceName = None,
    quantized: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of 'isomorph quantize' that races too (repeatable)."),
    ] = None,
    max_loss: Annotated[
        str | None,
        typer.Option(
            help="What a folder of --quantized may have lost, such as 0.5%; needed with it."
        ),
    ] = None,
    class_name: Annotated[
        str | None, typer.Option("--as", help="The class to read it for; default: as saved.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Remove what is kept for MODEL, and measure nothing.")
    ] = False,
) -> None:
    """Measure which backend and settings run MODEL fastest here, and keep the choice.

    Later loads that name no backend follow it; ISOMORPH_TUNED=0 leaves it alone for a process.
    """
    from isomorph.cli.console import show_table, stdout
    from isomorph.quantize.given import read_texts
    from isomorph.tune import forget_choice, tune_model

    out = stdout()
    if forget:
        was_there = forget_choice(model, class_name)
        out.print("The choice is forgotten." if was_there else "No choice is kept.")
        return
    tuned = tune_model(
        model,
        texts=None if texts is None else read_texts(texts),
        seconds=seconds,
        device=device,
        class_name=class_name,
        backends=backend or (),
        quantized=quantized or (),
        max_loss=share("--max-loss", max_loss),
    )
    for each in (tuned, *tuned.quantized):
        show_table(f"{each.folder}", COLUMNS, _rows(each), right=COLUMNS[1:])
    mix = "a mix of one to nine sentences" if texts is None else f"{texts}"
    out.print(f"Medians of visits in turn; your mix is {mix}.")
    out.print("\n".join(_told(tuned)), soft_wrap=True)


def _rows(tuned: Tuned) -> Iterator[tuple[str, ...]]:
    """A row a candidate, the chosen one with an arrow."""
    for candidate, visits in tuned.outcome.visits().items():
        chosen = candidate == tuned.outcome.best
        rates = (median(getattr(each, name) for each in visits) for name in ("short", "mix", "one"))
        name = f"{candidate.backend}, {candidate.setting}"
        yield (f"{'→ ' * chosen}{name}", f"{len(visits)}", *(f"{rate:,.1f}" for rate in rates))


def _told(tuned: Tuned) -> Iterator[str]:
    """A line a fact."""
    for each in (tuned, *tuned.quantized):
        for who, why in each.outcome.refused.items():
            yield f"{who} took no part: {why}"
        for stage, heat in each.outcome.heats:
            if len(heat.left) > 1:
                count = len(heat.visits[heat.best])
                yield f"Not all {stage} were told apart (rounds: {count}); more --seconds may."
        for stage in each.outcome.untried:
            yield f"There was no time to try other {stage}."
        yield f"{each.choice}: {each.choice.why}."
        yield f"Kept in {each.file}, for this model on this machine."
    yield from _of_precision(tuned)
    yield f"It took {tuned.seconds:.1f} s."


def _of_precision(tuned: Tuned) -> Iterator[str]:
    """Which folder is the fastest; no load takes another folder than its name says."""
    from isomorph.tune.stages import of_mix

    if tuned.final is None:
        return
    first, best = tuned.outcome.best, tuned.final.best
    if best == first:
        yield "No folder in fewer bits is faster, beyond noise."
        return
    times = tuned.final.ratio(best, first, of_mix)
    yield f"{best.folder} runs {times:.2f} times as many texts per second: load it by this name."
