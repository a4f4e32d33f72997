"""``isomorph backends``: what is installed, what it runs on, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Annotated

import typer

from isomorph.cli.answer import answer
from isomorph.messages.install import META, install_command, is_installed, name_of, offered
from isomorph.messages.shown import cause_shown

if TYPE_CHECKING:
    from isomorph.contract import BackendInfo
    from isomorph.plugins.discovery import Plugins

COLUMNS = ("backend", "distribution", "engine", "devices", "status")


def backends(
    as_json: Annotated[bool, typer.Option("--json", help="One object of JSON.")] = False,
) -> None:
    """List the installed backends and their devices, what other plugins offer, and what is missing."""
    from isomorph.cli.console import show_table, stdout
    from isomorph.cli.offers import COLUMNS as OFFERS
    from isomorph.cli.offers import offers
    from isomorph.plugins.discovery import installed

    plugins = installed()
    others = offers(plugins)
    found = list(rows(plugins))
    if as_json:
        facts = {
            "backends": [dict(zip(COLUMNS, row, strict=True)) for row in found],
            "offers": [dict(zip(OFFERS, row, strict=True)) for row in others],
            "options": {info.name: dict(info.options or {}) for info in plugins.infos},
        }
        answer().write(json.dumps(facts, indent=2) + "\n")
        return
    show_table("Installed backends", COLUMNS, found)
    show_table("What plugins offer beside backends", OFFERS, others)
    for info in plugins.infos:
        for option, meaning in (info.options or {}).items():
            stdout().print(f"model_kwargs of {info.name}: {option}: {meaning}", soft_wrap=True)
    if all(info.fallback for info in plugins.infos):
        everything = install_command(f"{META}[all]")
        names = " and ".join(info.name for info in plugins.infos)
        said = f"Only {names} can run models, where no engine does. Engines: {everything}"
        stdout().print(said, soft_wrap=True)


def rows(plugins: Plugins) -> Iterator[tuple[str, str, str, str, str]]:
    """One row a backend, then what could not be used: failed plugins, shared names, blocked ones."""
    owners = metadata.packages_distributions()
    for info in plugins.infos:
        devices, status = _devices(plugins, info)
        yield info.name, info.distribution, engine_versions(info, owners), devices, status
    for failure in plugins.failed:
        cause = cause_shown(failure.cause)
        remedy = f"pip uninstall {failure.distribution.partition(' ')[0]}"
        yield failure.name, failure.distribution, "", "", f"failed: {cause} ({remedy})"
    for failure in plugins.failures:
        yield failure.name, failure.distribution, "", "", str(failure)
    for name, clash in sorted(plugins.ambiguous.items()):
        both = " and ".join(clash.distributions)
        yield name, both, "", "", "ambiguous: uninstall all but one of these distributions"
    for name in plugins.blocked:
        yield name, "", "", "", "blocked by the environment"
    for extra, requirement in absent_extras(offered(), is_installed):
        command = install_command(requirement)
        yield extra, name_of(requirement), "", "", f"not installed: {command}"


def absent_extras(
    offers: Mapping[str, Sequence[str]], there: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """(extra, requirement) of what the meta-distribution offers and is not there.

    Extras that bring another extra's distribution in another form, or several at once, are left out.
    """
    seen: set[str] = set()
    for extra, requirements in offers.items():
        name = name_of(requirements[0]) if len(requirements) == 1 else ""
        if name and name not in seen and not there(name):
            seen.add(name)
            yield extra, requirements[0]


def engine_versions(info: BackendInfo, owners: Mapping[str, Sequence[str]]) -> str:
    """Name and version of the distributions that own the engine's packages; imports none of them."""
    names = sorted({owner for package in info.requires for owner in owners.get(package, ())})
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)


def _devices(plugins: Plugins, info: BackendInfo) -> tuple[str, str]:
    """The devices, and "ready" or why the backend cannot be used."""
    from isomorph.errors import BackendUnavailable

    try:
        devices = plugins.backend(info.name).devices()
    except BackendUnavailable as reason:
        remedy = f": {reason.install}" if reason.install else ""
        return "", f"{reason.why}{remedy}"
    except Exception as cause:  # a constructor may raise anything; the list goes on
        return "", f"failed: {cause_shown(cause)}"
    return ", ".join(str(device) for device in devices), "ready" if devices else "no device"
