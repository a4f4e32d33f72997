"""What installed plugins offer beside backends: exporters, kinds of modules, formats and places of names."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isomorph.messages.shown import cause_shown

if TYPE_CHECKING:
    from isomorph.plugins.discovery import Plugins

COLUMNS = ("offer", "name", "distribution", "status")
HOOKS = {"reader": "isomorph_read_model", "resolver": "isomorph_resolve"}
"""Hooks that answer a question."""
NOBODYS = "isomorph-doctor:a-name-of-nobody"
"""What resolvers are asked for, which none should know."""


def offers(plugins: Plugins) -> list[tuple[str, str, str, str]]:
    """One row an offer. Every hook is asked once, so that `plugins.failures` holds whoever raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say stands in the rows
        return [
            *_exporters(plugins),
            *_modules(plugins),
            *_decoders(plugins),
            *_answering(plugins),
        ]


def _exporters(plugins: Plugins) -> Iterator[tuple[str, str, str, str]]:
    from isomorph.errors import ExportFailed, IsomorphError

    for info in plugins.exporters:
        status = "ready"
        try:
            plugins.exporter(info.name)
        except ExportFailed as lack:
            status = str(lack)
        except IsomorphError as failure:
            status = f"failed: {failure}"
        yield "exporter", info.name, info.distribution, status
    for name, clash in sorted(plugins.ambiguous_exporters.items()):
        yield "exporter", name, " and ".join(clash.distributions), "failed: ambiguous"


def _modules(plugins: Plugins) -> Iterator[tuple[str, str, str, str]]:
    """Kinds by distribution; core's own in one row, since there are dozens."""
    from isomorph.plugins.table import owners

    own = []
    for name, holders in sorted(owners(plugins.asker).items()):
        if holders == [""]:
            own.append(name)
            continue
        status = "ready" if len(holders) == 1 else "failed: ambiguous, uninstall all but one"
        yield "module", name, " and ".join(holders), status
    yield "module", ", ".join(own), "isomorph-core", "ready"


def _decoders(plugins: Plugins) -> Iterator[tuple[str, str, str, str]]:
    from isomorph.plugins.decoders import offered

    for origin, decoder in offered(plugins.asker):
        yield "decoder", decoder.modality, origin.distribution, "ready"


def _answering(plugins: Plugins) -> Iterator[tuple[str, str, str, str]]:
    """Readers and resolvers of others, each asked alone about what is nobody's."""
    from isomorph.contract.request import Request
    from isomorph.machine.foreign import is_of_the_program
    from isomorph.plugins.asking import alone

    with tempfile.TemporaryDirectory() as nothing:
        asked: dict[str, dict[str, Any]] = {
            "isomorph_read_model": {"folder": Path(nothing)},
            "isomorph_resolve": {"name": NOBODYS, "request": Request(local_files_only=True)},
        }
        for offer, hook in HOOKS.items():
            for place, origin in sorted(plugins.origins.items()):
                plugin = plugins.manager.get_plugin(place)
                if origin.own or hook not in hooks_of(plugins, plugin):
                    continue
                status = "ready"
                try:
                    answer = alone(plugins.manager, plugin, hook, **asked[hook])
                    if answer is not None:
                        kind = type(answer).__name__
                        raise TypeError(
                            f"it gives a {kind} for what is nobody's, where None is due"
                        )
                except BaseException as cause:  # whatever it raises is what to tell
                    if is_of_the_program(cause):
                        raise
                    plugins.asker.failed(hook, origin, cause)
                    status = f"failed: {cause_shown(cause)}"
                yield offer, origin.name, origin.distribution, status


def hooks_of(plugins: Plugins, plugin: object) -> list[str]:
    """The names of the hooks that a plugin has."""
    return sorted(hook.name for hook in plugins.manager.get_hookcallers(plugin) or [])
