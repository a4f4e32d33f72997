"""``isomorph verify``: whether every installed backend gives the reference's vectors here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from isomorph.cli.options import DeviceName, Model

if TYPE_CHECKING:
    from isomorph.export.verify import Verdict

COLUMNS = ("backend", "device", "native", "largest difference", "verdict", "reason")


def verify(
    model: Model,
    device: DeviceName = None,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Of the output's largest component.")
    ] = 1e-5,
    require: Annotated[
        list[str] | None, typer.Option(help="Fail where this backend cannot run (repeatable).")
    ] = None,
) -> None:
    """Compare every installed backend with the numpy reference. Exits with 1 where one differs."""
    from isomorph.cli.console import show_table
    from isomorph.export.verify import verify as compare
    from isomorph.plugins.discovery import installed

    plugins = installed()
    verdicts = compare(model, device, tolerance, plugins=plugins)
    several = any(verdict.chain for verdict in verdicts)
    rows = [(*((each.chain,) if several else ()), *_row(each)) for each in verdicts]
    columns = ("chain", *COLUMNS) if several else COLUMNS
    show_table(f"{model} against the reference", columns, rows, right=COLUMNS[2:4])
    judged = {verdict.backend for verdict in verdicts}
    for name in require or ():
        if name not in judged:
            plugins.info(name)  # raises: no such backend
    missing = [v for v in verdicts if v.backend in (require or ()) and v.outcome != "same"]
    if missing or any(verdict.wrong for verdict in verdicts):
        raise typer.Exit(1)


def _row(verdict: Verdict) -> tuple[str, ...]:
    native = f"{verdict.native}/{verdict.modules}" if verdict.modules else ""
    difference = "" if verdict.difference is None else f"{verdict.difference:.1e}"
    return verdict.backend, verdict.device, native, difference, verdict.outcome, verdict.reason
