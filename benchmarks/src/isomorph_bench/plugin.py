"""What the entry point names: a command, whose module is imported when somebody asks for it."""

from __future__ import annotations

from isomorph.contract import CommandInfo
from isomorph.hookspecs import hookimpl

isomorph_contract = 2


@hookimpl
def isomorph_commands() -> list[CommandInfo]:
    """The command ``isomorph bench``."""
    return [
        CommandInfo(
            "bench",
            "isomorph_bench.command:app",
            summary="Race backends and other libraries on your texts, judged by their vectors.",
            requires=("rich",),
            install="isomorph-bench",
        )
    ]
