"""What the entry point names: a command, whose module is imported when somebody asks for it."""

from __future__ import annotations

from isomorph.contract import CommandInfo
from isomorph.hookspecs import hookimpl

isomorph_contract = 2


@hookimpl
def isomorph_commands() -> list[CommandInfo]:
    """The command ``isomorph serve``."""
    return [
        CommandInfo(
            "serve",
            "isomorph_server.command:serve",
            summary="Serve models over HTTP, to clients of OpenAI, TEI and Cohere.",
            requires=("starlette", "uvicorn"),
            install="isomorph-server",
        )
    ]
