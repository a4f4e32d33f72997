"""A command: ``isomorph count MODEL``, how many modules a model is made of."""

import sys
from typing import Annotated

import typer

from isomorph.contract import CommandInfo
from isomorph.hookspecs import hookimpl


def count(model: Annotated[str, typer.Argument(help="As for 'isomorph explain'.")]) -> None:
    """Count the modules of a model."""
    import isomorph

    sys.stdout.write(f"{len(isomorph.SentenceTransformer(model))}\n")


@hookimpl
def isomorph_commands() -> list[CommandInfo]:
    """The command, whose function is imported when somebody asks for it."""
    return [CommandInfo("count", "count_plugin:count", summary="How many modules a model has.")]
