"""Options that several commands take, spelled once."""

from __future__ import annotations

from typing import Annotated

import typer

Model = Annotated[str, typer.Argument(help="A folder, package:DISTRIBUTION, or a Hub id.")]
Backend = Annotated[
    str | None,
    typer.Option("--backend", "-b", help="An installed backend; default: the one that runs most."),
]
DeviceName = Annotated[
    str | None, typer.Option("--device", "-d", help="KIND or KIND:INDEX; default: the best.")
]
