"""``isomorph export``: a model folder with an artifact that has proved itself, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isomorph.cli.options import Model


def export(
    model: Model,
    backend: Annotated[
        str, typer.Option("--backend", "-b", help="The backend that will run the artifact.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to make.")],
    weights: Annotated[
        bool, typer.Option(help="Copy the model's own weights; the artifacts do not need them.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Of the output's largest component.")
    ] = 1e-5,
    trust_remote_code: Annotated[
        bool,
        typer.Option("--trust-remote-code", help="Run Python code from the model folder."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Make a model folder that BACKEND runs from prebuilt files, checked against its source."""
    from isomorph.cli.console import stdout
    from isomorph.export import export_model

    made = export_model(
        model,
        backend,
        output,
        weights=weights,
        force=force,
        tolerance=tolerance,
        trust_remote_code=trust_remote_code,
        show_progress_bar=not quiet,
    )
    stdout().print(
        "\n".join(map(str, made.artifacts))
        + f"\n{made.probes} probes, alone and in ragged batches: the largest difference "
        f"to {made.source} is {made.difference:.1e} of the largest component.",
        soft_wrap=True,
    )
