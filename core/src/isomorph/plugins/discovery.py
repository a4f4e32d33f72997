"""Discovery: every installed plugin becomes a record, and no plugin can hurt another.

Core walks the entry points itself. pluggy's own loader stops at the first plugin that fails to
import, and silently drops the second of two plugins with one name; here a broken plugin is a record
with its reason while the others load, and a name clash is an error that names both distributions.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from typing import Any, TypeVar

import pluggy

from isomorph import hookspecs
from isomorph.contract import BackendInfo, CommandInfo, Exporter, ExporterInfo
from isomorph.errors import (
    AmbiguousBackend,
    BackendNotFound,
    BackendUnavailable,
    ExportFailed,
    IsomorphError,
    PluginFailed,
)
from isomorph.machine.foreign import is_of_the_program
from isomorph.messages.install import META, install_command, offered
from isomorph.plugins.asking import Asker, Failures, Origin, alone, listed
from isomorph.plugins.door import Guarded
from isomorph.plugins.entries import listed_entries, once
from isomorph.plugins.made_for import Misfit, refuse_lost_hooks, refuse_other_contracts
from isomorph.plugins.records import misfit

GROUP = "isomorph"
BLOCK_VARIABLE = "ISOMORPH_BLOCK"
"""Environment variable: entry-point names, separated by commas, that are not loaded."""

KNOWN_BACKENDS_HINT = "Run 'isomorph backends' to see what is installed and what is missing."


Info = TypeVar("Info", BackendInfo, ExporterInfo)


@dataclass(frozen=True)
class Plugins:
    """What discovery found. `failed` and `ambiguous` are errors ready to be raised or shown.

    `origins` says where the plugins of `manager` come from. `failures` grows: hooks that are asked later
    may fail too.
    """

    manager: pluggy.PluginManager
    infos: tuple[BackendInfo, ...] = ()
    failed: tuple[PluginFailed, ...] = ()
    ambiguous: dict[str, AmbiguousBackend] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    exporters: tuple[ExporterInfo, ...] = ()
    ambiguous_exporters: dict[str, AmbiguousBackend] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)

    @property
    def asker(self) -> Asker:
        """Asks a hook of all plugins, one by one."""
        return Asker(self.manager, self.origins, self.failures)

    @property
    def silent(self) -> str:
        """The plugins that could not say what they know, as sentences behind an error; "" for none."""
        failures = "".join(f" {failure}" for failure in (*self.failed, *self.failures))
        return f" Perhaps a plugin knows it that failed.{failures}" if failures else ""

    @property
    def unasked(self) -> tuple[BackendInfo, ...]:
        """The backends that may run a model though nobody has named them."""
        return tuple(info for info in self.infos if not info.only_named)

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
        hint = _way_to(name)
        if name in self.blocked:
            hint = f"{name!r} is blocked by the environment variable {BLOCK_VARIABLE}."
        raise BackendNotFound(name, [info.name for info in self.infos], hint)

    def backend(self, name: str) -> Guarded:
        """Imports and constructs one backend, behind the door for calls into it.

        Raises:
            BackendUnavailable: its engine is not installed.
            PluginFailed: its module raised, or `target` names nothing.
            ContractError: the class does not have the contract's methods.
        """
        info = self.info(name)
        absent = missing_engines(info)
        if absent:
            raise BackendUnavailable(name, f"{', '.join(absent)} is not installed", info.install)
        try:
            backend = _imported(info)()
        except IsomorphError:
            raise
        except BaseException as cause:
            if is_of_the_program(cause):
                raise
            raise PluginFailed(name, info.distribution, cause) from cause
        return Guarded(info, backend)

    def exporter_info(self, name: str) -> ExporterInfo:
        """The record of the exporter for one backend.

        Raises:
            ExportFailed: there is none; names those there are.
            AmbiguousBackend: two distributions offer one.
        """
        if name in self.ambiguous_exporters:
            raise self.ambiguous_exporters[name]
        found = next((info for info in self.exporters if info.name == name), None)
        if found is None:
            there = ", ".join(info.name for info in self.exporters) or "no backend"
            why = f"no installed plugin has an exporter for it; there are exporters for: {there}"
            raise ExportFailed(name, why)
        return found

    def exporter(self, name: str) -> Exporter:
        """Imports the exporter for one backend.

        Raises:
            ExportFailed: there is none, or something that it needs is not installed.
            PluginFailed: its module raised, or `target` names nothing.
        """
        info = self.exporter_info(name)
        absent = missing_engines(info)
        if absent:
            why = f"its exporter needs {', '.join(absent)}, which is not installed"
            raise ExportFailed(name, why, info.install)
        try:
            exporter: Exporter = _imported(info)
        except IsomorphError:
            raise
        except BaseException as cause:
            if is_of_the_program(cause):
                raise
            raise PluginFailed(name, info.distribution, cause) from cause
        return exporter


def _way_to(name: str) -> str:
    """How to get a backend that is not installed: its own command, where the project offers it."""
    requirements = offered().get(name)
    if requirements:
        return f"Run: {install_command(' '.join(requirements))}"
    everything = install_command(f"{META}[all]")
    return f"{KNOWN_BACKENDS_HINT} The engines of this project come with: {everything}"


def _imported(info: BackendInfo | ExporterInfo) -> Any:
    """What ``target`` names."""
    module_name, _, attribute = info.target.partition(":")
    return getattr(importlib.import_module(module_name), attribute)


def missing_engines(info: BackendInfo | ExporterInfo | CommandInfo) -> tuple[str, ...]:
    """The import packages that a plugin needs and that are not installed; imports nothing.

    Of a dotted name only the top package is looked for: finding the rest would import it.
    """
    return tuple(name for name in info.requires if not _is_there(name.partition(".")[0]))


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # of a module without a specification, such as "__main__"
        return package in sys.modules


@cache
def installed() -> Plugins:
    """The plugins of this process, discovered once."""
    return discover(*listed_entries(GROUP))


def discover(
    entry_points: Iterable[metadata.EntryPoint], unreadable: Iterable[PluginFailed] = ()
) -> Plugins:
    """Loads plugins from entry points, each on its own. `unreadable` are failures that are known before."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    names = os.environ.get(BLOCK_VARIABLE, "").split(",")
    blocked = tuple(name.strip() for name in names if name.strip())
    failed = list(unreadable)
    offers: list[BackendInfo] = []
    exporters: list[ExporterInfo] = []
    origins: dict[str, Origin] = {}
    for entry, distribution in sorted(once(entry_points), key=lambda pair: (pair[0].name, pair[1])):
        if entry.name in blocked:
            continue
        name = f"{entry.name} ({distribution})"
        try:
            plugin = entry.load()
            refuse_other_contracts(plugin, distribution)
            manager.register(plugin, name=name)
            refuse_lost_hooks(manager, plugin, hookspecs)
            backends = _offered(manager, plugin, "isomorph_backends", distribution, BackendInfo)
            exporters += _offered(manager, plugin, "isomorph_exporters", distribution, ExporterInfo)
            offers += backends
            module = getattr(entry, "module", "")
            origins[name] = Origin(entry.name, distribution, _is_own(plugin), module)
        except BaseException as cause:  # a script that was meant to be run may exit
            if is_of_the_program(cause):
                raise
            advice = cause.advice if isinstance(cause, Misfit) else ""
            failed.append(PluginFailed(entry.name, distribution, cause, advice=advice))
            if manager.has_plugin(name):
                manager.unregister(name=name)
    offers = _without_stolen(offers, origins, failed)
    infos, ambiguous = _settle(offers, "Backend")
    settled, clashing = _settle(exporters, "An exporter for backend")
    return Plugins(
        manager, infos, tuple(failed), ambiguous, blocked, settled, clashing, origins=origins
    )


def _is_own(plugin: object) -> bool:
    """Whether a plugin is part of core."""
    return getattr(plugin, "__name__", "").partition(".")[0] == __name__.partition(".")[0]


def _offered(
    manager: pluggy.PluginManager, plugin: object, hook: str, distribution: str, kind: type[Info]
) -> list[Info]:
    """What one plugin offers through a hook, called alone, so that its failure is its own."""
    offered = [info for answer in alone(manager, plugin, hook) for info in listed(answer, kind)]
    for info in offered:
        wrong = misfit(info)
        if wrong:
            raise TypeError(f"{hook} gives a {kind.__name__} whose {wrong}")
    return [replace(info, distribution=distribution) for info in offered]


def _without_stolen(
    offers: Sequence[BackendInfo], origins: Mapping[str, Origin], failed: list[PluginFailed]
) -> list[BackendInfo]:
    """The offers but for those of others under a name of core's own, which are added to `failed`."""
    own = {origin.distribution for origin in origins.values() if origin.own}
    taken = {info.name for info in offers if info.distribution in own}
    kept = []
    for info in offers:
        if info.name in taken and info.distribution not in own:
            why = Misfit(f"core itself has the backend {info.name!r}", "")
            remove = f"pip uninstall {info.distribution.partition(' ')[0]}"
            advice = f"Its authors have to give the backend another name; until then: {remove}"
            failed.append(PluginFailed(info.name, info.distribution, why, advice=advice))
        else:
            kept.append(info)
    return kept


def _settle(
    offers: Sequence[Info], what: str
) -> tuple[tuple[Info, ...], dict[str, AmbiguousBackend]]:
    """Splits offers into those with a name of their own and those that clash."""
    by_name: dict[str, list[Info]] = {}
    for info in offers:
        by_name.setdefault(info.name, []).append(info)
    infos = tuple(found[0] for _, found in sorted(by_name.items()) if len(found) == 1)
    ambiguous = {
        name: AmbiguousBackend(name, [info.distribution for info in found], what)
        for name, found in by_name.items()
        if len(found) > 1
    }
    return infos, ambiguous
