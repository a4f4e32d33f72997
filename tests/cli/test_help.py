"""What ``--help`` says of every command, those of installed plugins too: each option stands alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from isomorph.cli.main import app


def _options(command: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each parameter of a command and of those below, with its help."""
    for each in command.params:
        if each.name != "help":
            yield f"{path} {each.name}".strip(), getattr(each, "help", None) or ""
    for name in getattr(command, "list_commands", lambda context: ())(None):
        yield from _options(command.get_command(None, name), f"{path} {name}")


SAID = dict(_options(typer.main.get_command(app)))


@pytest.mark.parametrize("name", SAID)
def test_every_option_says_what_it_is_without_another_command(name):
    assert SAID[name].endswith(".")
    assert "As for" not in SAID[name]


def test_the_commands_are_there():
    assert {"embed model", "quantize weights", "tune texts"} <= SAID.keys()
