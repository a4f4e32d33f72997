"""The commands that plugins add to ``isomorph``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from isomorph.contract import CommandInfo
from isomorph.errors import BackendError, IsomorphError, PluginFailed, Unsupported
from isomorph.messages.install import install_command
from isomorph.plugins import discovery

HOOK = "isomorph_commands"


def commands() -> Sequence[CommandInfo]:
    """What plugins offer, by name; imports none of the commands. A plugin that fails is told as a warning."""
    found: list[CommandInfo] = []
    asker = discovery.installed().asker
    for origin, answers in asker.answers(HOOK):
        for info in (each for answer in answers for each in answer):
            if isinstance(info, CommandInfo):
                found.append(replace(info, distribution=origin.distribution))
            else:
                asker.failed(HOOK, origin, TypeError(f"{info!r} is no CommandInfo"))
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
    absent = [each for each in info.requires if find_spec(each.partition(".")[0]) is None]
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
    except (Exception, SystemExit) as cause:
        raise PluginFailed(name, info.distribution, cause) from cause
    return function
