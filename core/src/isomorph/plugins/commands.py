"""The commands that plugins add to ``isomorph``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from isomorph.contract import CommandInfo
from isomorph.errors import BackendError, IsomorphError, PluginFailed, Unsupported
from isomorph.machine.foreign import is_of_the_program
from isomorph.messages.install import install_command
from isomorph.plugins import discovery

HOOK = "isomorph_commands"


def commands() -> Sequence[CommandInfo]:
    """What plugins offer, by name; imports none of the commands. A plugin that fails is told as a warning."""
    found = [
        replace(info, distribution=origin.distribution)
        for origin, infos in discovery.installed().asker.offers(HOOK, CommandInfo)
        for info in infos
    ]
    return sorted(found, key=lambda info: (info.name, info.distribution))


def function_of(name: str) -> Callable[..., Any] | None:
    """The function of a command by its name; None where no plugin offers one.

    Raises:
        BackendError: two distributions offer one of this name.
        Unsupported: what the command needs is not installed.
        PluginFailed: its module raised, or the target names nothing.
    """
    offers = [info for info in commands() if info.name == name]
    if not offers:
        return None
    info = offers[0]
    if len(offers) > 1:
        listed = " and ".join(each.distribution for each in offers)
        raise BackendError(
            f"The command {name!r} is offered by {listed}. Uninstall all but one of them."
        )
    absent = discovery.missing_engines(info)
    if absent:
        way_out = f" Run: {install_command(info.install)}" if info.install else ""
        raise Unsupported(
            f"The command {name!r} needs {', '.join(absent)}, not installed here.{way_out}"
        )
    module, _, attribute = info.target.partition(":")
    try:
        function: Callable[..., Any] = getattr(import_module(module), attribute)
    except IsomorphError:
        raise
    except BaseException as cause:
        if is_of_the_program(cause):
            raise
        raise PluginFailed(name, info.distribution, cause) from cause
    return function
