"""Discovery: every installed plugin becomes a record, and no plugin can hurt another.

Core walks the entry points itself. pluggy's own loader stops at the first plugin that fails to
import, and silently drops the second of two plugins with one name; here a broken plugin is a record
with its reason while the others load, and a name clash is an error that names both distributions.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata

import pluggy

from isomorph import hookspecs
from isomorph.contract import Backend, BackendInfo
from isomorph.errors import (
    AmbiguousBackend,
    BackendNotFound,
    BackendUnavailable,
    ContractError,
    IsomorphError,
    PluginFailed,
)

GROUP = "isomorph"
BLOCK_VARIABLE = "ISOMORPH_BLOCK"
"""Environment variable: entry-point names, separated by commas, that are not loaded."""

KNOWN_BACKENDS_HINT = "Run 'isomorph backends' to see what is installed and what is missing."


@dataclass(frozen=True)
class Plugins:
    """What discovery found. `failed` and `ambiguous` are errors ready to be raised or shown."""

    manager: pluggy.PluginManager
    infos: tuple[BackendInfo, ...] = ()
    failed: tuple[PluginFailed, ...] = ()
    ambiguous: dict[str, AmbiguousBackend] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()

    def info(self, name: str) -> BackendInfo:
        """The record of one backend.

        Raises:
            AmbiguousBackend, PluginFailed, BackendNotFound
        """
        if name in self.ambiguous:
            raise self.ambiguous[name]
        for info in self.infos:
            if info.name == name:
                return info
        for failure in self.failed:
            if failure.name == name:
                raise failure
        hint = KNOWN_BACKENDS_HINT
        if name in self.blocked:
            hint = f"{name!r} is blocked by the environment variable {BLOCK_VARIABLE}."
        raise BackendNotFound(name, [info.name for info in self.infos], hint)

    def backend(self, name: str) -> Backend:
        """Imports and constructs one backend.

        Raises:
            BackendUnavailable: its engine is not installed.
            PluginFailed: its module raised, or `target` names nothing.
            ContractError: the class does not have the contract's methods.
        """
        info = self.info(name)
        absent = missing_engines(info)
        if absent:
            raise BackendUnavailable(name, f"{', '.join(absent)} is not installed", info.install)
        module_name, _, attribute = info.target.partition(":")
        try:
            backend = getattr(importlib.import_module(module_name), attribute)()
        except IsomorphError:
            raise
        except (Exception, SystemExit) as cause:
            raise PluginFailed(name, info.distribution, cause) from cause
        if not isinstance(backend, Backend):
            raise ContractError(name, info.distribution, f"{info.target} lacks a method of Backend")
        return backend


def missing_engines(info: BackendInfo) -> tuple[str, ...]:
    """The import packages that a backend needs and that are not installed; imports nothing.

    Of a dotted name only the top package is looked for: finding the rest would import it.
    """
    return tuple(
        name for name in info.requires if importlib.util.find_spec(name.partition(".")[0]) is None
    )


@cache
def installed() -> Plugins:
    """The plugins of this process, discovered once."""
    return discover(metadata.entry_points(group=GROUP))


def discover(entry_points: Iterable[metadata.EntryPoint]) -> Plugins:
    """Loads plugins from entry points, each on its own."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    names = os.environ.get(BLOCK_VARIABLE, "").split(",")
    blocked = tuple(name.strip() for name in names if name.strip())
    failed: list[PluginFailed] = []
    offers: list[BackendInfo] = []
    for entry, distribution in sorted(
        _once(entry_points), key=lambda pair: (pair[0].name, pair[1])
    ):
        if entry.name in blocked:
            continue
        try:
            plugin = entry.load()
            manager.register(plugin, name=f"{entry.name} ({distribution})")
            offers += [replace(i, distribution=distribution) for i in _offered(manager, plugin)]
        except (Exception, SystemExit) as cause:  # a script that was meant to be run may exit
            failed.append(PluginFailed(entry.name, distribution, cause))
            if manager.has_plugin(name := f"{entry.name} ({distribution})"):
                manager.unregister(name=name)
    infos, ambiguous = _settle(offers)
    return Plugins(manager, infos, tuple(failed), ambiguous, blocked)


def _once(entries: Iterable[metadata.EntryPoint]) -> set[tuple[metadata.EntryPoint, str]]:
    """Entry points with "name version" of their distribution; editable installs list some twice."""
    found = set()
    for entry in entries:
        dist = getattr(entry, "dist", None)
        found.add((entry, f"{dist.name} {dist.version}" if dist else "unknown"))
    return found


def _offered(manager: pluggy.PluginManager, plugin: object) -> Sequence[BackendInfo]:
    """The backends of one plugin: its hook is called alone, so that its failure is its own."""
    others = [other for other in manager.get_plugins() if other is not plugin]
    results = manager.subset_hook_caller("isomorph_backends", others)()
    return [info for result in results for info in result]


def _settle(
    offers: Sequence[BackendInfo],
) -> tuple[tuple[BackendInfo, ...], dict[str, AmbiguousBackend]]:
    """Splits offers into those with a name of their own and those that clash."""
    by_name: dict[str, list[BackendInfo]] = {}
    for info in offers:
        by_name.setdefault(info.name, []).append(info)
    infos = tuple(found[0] for _, found in sorted(by_name.items()) if len(found) == 1)
    ambiguous = {
        name: AmbiguousBackend(name, [info.distribution for info in found])
        for name, found in by_name.items()
        if len(found) > 1
    }
    return infos, ambiguous
