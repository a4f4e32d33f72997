"""The entry points of plugins, however damaged the list of one distribution is."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata

from isomorph.errors import PluginFailed
from isomorph.messages.shown import cause_shown
from isomorph.plugins.made_for import Misfit


def listed_entries(group: str) -> tuple[list[metadata.EntryPoint], list[PluginFailed]]:
    """The entry points of a group, and those whose list of entry points cannot be read.

    `metadata.entry_points` ends at the first such list, whatever else is installed.
    """
    try:
        return list(metadata.entry_points(group=group)), []
    except Exception:  # of a file that somebody else wrote
        return _one_by_one(group)


def _one_by_one(group: str) -> tuple[list[metadata.EntryPoint], list[PluginFailed]]:
    found: dict[str, list[metadata.EntryPoint]] = {}
    failed = []
    for distribution in metadata.distributions():
        name = "unknown"
        try:
            name = distribution.name or "unknown"
            if name in found:  # the first on the path is the one that is imported
                continue
            found[name] = []
            found[name] = list(distribution.entry_points.select(group=group))
        except Exception as cause:
            why = Misfit(f"its entry_points.txt cannot be read ({cause_shown(cause)})", "")
            failed.append(PluginFailed(name, name, why))
    return [entry for entries in found.values() for entry in entries], failed


def once(entries: Iterable[metadata.EntryPoint]) -> set[tuple[metadata.EntryPoint, str]]:
    """Entry points with "name version" of their distribution; editable installs list some twice."""
    found = set()
    for entry in entries:
        dist = getattr(entry, "dist", None)
        found.add((entry, f"{dist.name} {dist.version}" if dist else "unknown"))
    return found
