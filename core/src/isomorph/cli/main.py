"""The application: its commands, what they share, and how errors are shown."""

from __future__ import annotations

import errno
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from isomorph.cli.answer import answered
from isomorph.cli.backends import backends
from isomorph.cli.closed import stand_in
from isomorph.cli.demo import demo
from isomorph.cli.doctor import doctor
from isomorph.cli.embed import embed
from isomorph.cli.explain import explain
from isomorph.cli.export import export
from isomorph.cli.new import new_backend, new_plugin
from isomorph.cli.quantize import quantize
from isomorph.cli.tune import tune
from isomorph.cli.verify import verify
from isomorph.errors import InputError, IsomorphError
from isomorph.version import __version__

DEBUG_VARIABLE = "ISOMORPH_DEBUG"
"""Environment variable: tracebacks in place of one-line errors, as ``--debug``."""


class Commands(TyperGroup):
    """A group that shows expected errors as one message, without a traceback, and exits with 2."""

    _listed: Mapping[str, str] | None = None
    """While a list is written: what the commands of plugins do, by name."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs what the command line says."""
        stand_in()
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of core's commands, then those of plugins."""
        own = super().list_commands(ctx)
        offered = _offered() if self._listed is None else self._listed
        return [*own, *sorted(offered.keys() - set(own))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command of core, else one that a plugin offers; while a list is written, its line alone."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        if self._listed is None:
            return _made(cmd_name)
        return TyperCommand(cmd_name, help=self._listed[cmd_name])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words name.

        Raises:
            InputError: there is none of that name; lists those that there are.
        """
        name = args[0]
        if name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        from isomorph.messages.install import install_command, offered

        wanted = offered().get(name)
        what = f"Run: {install_command(' '.join(wanted))}" if wanted else "Plugins bring others."
        there = ", ".join(self.list_commands(ctx))
        raise InputError(f"isomorph has no command {name!r}; there are: {there}. {what}")

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the list of commands; asks plugins once, and imports none of their commands."""
        self._listed = _offered()
        try:
            super().format_commands(ctx, formatter)
        finally:
            self._listed = None

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


def _offered() -> Mapping[str, str]:
    """What the commands of plugins do, by name; of two with one name the first."""
    from isomorph.plugins.commands import commands

    return {info.name: info.summary for info in reversed(commands())}


def _made(name: str) -> Any:
    """The command that a plugin offers; None where none does."""
    from isomorph.plugins.commands import function_of

    function = function_of(name)
    if function is None:
        return None
    if isinstance(function, typer.Typer):
        return typer.main.get_command(function)
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
    *(backends, doctor, explain, embed, verify, export, quantize, tune),
    *(demo, new_backend, new_plugin),
):
    app.command()(answered(_command))
