"""The application: its commands, what they share, and how errors are shown."""

from __future__ import annotations

import errno
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from isomorph.cli.backends import backends
from isomorph.cli.demo import demo
from isomorph.cli.doctor import doctor
from isomorph.cli.embed import embed
from isomorph.cli.explain import explain
from isomorph.cli.export import export
from isomorph.cli.new import new_backend, new_plugin
from isomorph.cli.quantize import quantize
from isomorph.cli.verify import verify
from isomorph.errors import IsomorphError
from isomorph.version import __version__

DEBUG_VARIABLE = "ISOMORPH_DEBUG"
"""Environment variable: tracebacks in place of one-line errors, as ``--debug``."""


class Commands(TyperGroup):
    """A group that shows expected errors as one message, without a traceback, and exits with 2."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of core's commands, then those of plugins."""
        from isomorph.plugins.commands import commands

        own = super().list_commands(ctx)
        return [*own, *sorted({info.name for info in commands()}.difference(own))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command of core, else one that a plugin offers; of the latter only what a list shows of it."""
        own = super().get_command(ctx, cmd_name)
        return own or (_line_of(cmd_name) if self._listing else _made(cmd_name))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the list of commands; imports none of those of plugins."""
        self._listing = True
        try:
            super().format_commands(ctx, formatter)
        finally:
            self._listing = False

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (IsomorphError, OSError) as error:
            reader_left = isinstance(error, OSError) and error.errno == errno.EPIPE
            if reader_left or ctx.params.get("debug"):
                raise
            show_error(error)
            raise typer.Exit(2) from None


def show_error(error: Exception) -> None:
    """One red message on stderr, its line breaks kept and nothing in it taken for markup."""
    from rich.console import Console

    console = Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)
    console.print("error:", style="bold red", end=" ")
    console.print(str(error) or type(error).__name__, style="red")


def _line_of(name: str) -> TyperCommand:
    """What the list of commands shows of one that plugins offer."""
    from isomorph.plugins.commands import commands

    return TyperCommand(name, help=next(info.summary for info in commands() if info.name == name))


def _made(name: str) -> Any:
    """The command that a plugin offers; None where none does."""
    from isomorph.plugins.commands import function_of

    function = function_of(name)
    if function is None:
        return None
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(function)
    return typer.main.get_command(alone)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"isomorph {__version__}\n")
        raise typer.Exit


def settings(
    debug: Annotated[
        bool, typer.Option("--debug", envvar=DEBUG_VARIABLE, help="Show tracebacks of errors.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Embedding models in the sentence-transformers format, on any engine, with the same vectors."""


app = typer.Typer(
    cls=Commands,
    name="isomorph",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.callback()(settings)
for _command in (
    *(backends, doctor, explain, embed, verify, export, quantize),
    *(demo, new_backend, new_plugin),
):
    app.command()(_command)
