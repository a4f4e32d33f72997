"""``isomorph explain``: who would run a model, what is missing, how big it gets, and what is in effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from isomorph.cli.options import Backend, DeviceName, Model

if TYPE_CHECKING:
    from isomorph.outlook import Outlook

COLUMNS = ("backend", "device", "native", "why not more")


def explain(
    model: Model,
    backend: Backend = None,
    device: DeviceName = None,
    class_name: Annotated[
        str | None,
        typer.Option(
            "--as", help="The class to read it for, such as CrossEncoder; default: as saved."
        ),
    ] = None,
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit on the Hub.")] = None,
    load: Annotated[
        bool, typer.Option(help="Load a model that is here, and show what is in effect.")
    ] = True,
) -> None:
    """Show who would run a model, why not natively, what is missing, and how big it gets.

    Of a model on the Hub a few kB are read: its small files, and the headers of its weights.
    """
    from isomorph.outlook import outlook
    from isomorph.outlook.outlook import ORGANIZATION, place_of
    from isomorph.resolve import Request

    request = Request(revision=revision, organization=ORGANIZATION)
    told = outlook(model, class_name=class_name, backend=backend, device=device, request=request)
    _show(model, told)
    if told.plan is None:
        raise typer.Exit(1)
    place = place_of(model, request) if load and not told.missing else None
    if place is not None:
        _show_loaded(str(place), told.class_name, backend, device)


def _show(model: str, told: Outlook) -> None:
    from isomorph.cli.console import show_table, stdout

    out = stdout()
    out.print(f"{model}, a {told.class_name}", soft_wrap=True)
    if told.plan is not None:
        rows = [(row.module, row.runs, row.device, row.reason) for row in told.plan.rows]
        show_table("modules", ("module", "runs on", "device", "why not natively"), rows)
    verdicts = [
        (
            each.backend,
            each.device,
            f"{each.native}/{each.modules}" if each.modules else "",
            each.reason,
        )
        for each in told.backends
    ]
    show_table("backends", COLUMNS, verdicts)
    lines = [
        f"files that a load needs: {told.files}, {size(told.nbytes)}",
        f"weights: {size(told.stored)} as stored, {size(told.as_float32)} as float32",
        f"a call with {told.texts:,} texts of {told.tokens:,} tokens takes beside that: {size(told.call)}",
        *(told.plan.notes if told.plan is not None else ()),
        *(f"missing: {each}" for each in told.missing),
        *_engines(),
        *told.notes,
    ]
    for line in lines:
        out.print(line, soft_wrap=True)


def _engines() -> Iterator[str]:
    """What would bring the engines that are not installed."""
    from isomorph.cli.backends import absent_extras
    from isomorph.messages.install import install_command, is_installed, offered

    for extra, requirement in absent_extras(offered(), is_installed):
        yield f"not installed: {extra}, which comes with: {install_command(requirement)}"


def _show_loaded(place: str, class_name: str, backend: str | None, device: str | None) -> None:
    """What is in effect once the model is loaded, and what a call then holds in all."""
    import isomorph
    from isomorph.cli.console import stdout
    from isomorph.outlook.sizes import TEXTS, TOKENS

    with getattr(isomorph, class_name)(place, backend=backend, device=device) as loaded:
        stdout().print(str(loaded.report()), soft_wrap=True)
        held = loaded.peak_memory(TEXTS, None if loaded.max_seq_length else TOKENS)
        stdout().print(f"memory of a call with {TEXTS:,} long texts: {size(held)}", soft_wrap=True)


def size(nbytes: int | None) -> str:
    """Bytes as people read them; None is what is not known."""
    if nbytes is None:
        return "not known"
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if nbytes >= 10 * factor:
            return f"{nbytes / factor:,.0f} {unit}"
        if nbytes >= factor:
            return f"{nbytes / factor:.1f} {unit}"
    return f"{nbytes} bytes"
