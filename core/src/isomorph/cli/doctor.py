"""``isomorph doctor``: all that a report of a defect needs, and a self-test, as text or as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isomorph.cli.answer import answer
from isomorph.version import __version__

if TYPE_CHECKING:
    from isomorph.plugins.asking import Origin
    from isomorph.plugins.discovery import Plugins

STARTS = ("ISOMORPH_", "HF_", "OMP_", "MKL_", "OPENBLAS_", "CUDA_", "OV_", "ORT_")
"""Of the environment these variables are told; of names that end in TOKEN only that they are set."""
LIBRARIES = ("numpy", "tokenizers", "safetensors", "huggingface_hub", "pluggy", "transformers")
"""Distributions that a model goes through before any engine."""
TINY = "bert-odd-sizes"
"""The tiny model of the self-test."""

Facts = dict[str, Any]


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One object of JSON.")] = False,
) -> None:
    """Tell versions, machine, plugins and devices, and test each backend. Exits with 1 if one fails."""
    from isomorph.plugins.discovery import installed

    facts = examined(installed())
    text = json.dumps(facts, indent=2) if as_json else "\n".join(lines(facts))
    answer().write(text + "\n")
    if not facts["healthy"]:
        raise typer.Exit(1)


def examined(plugins: Plugins) -> Facts:
    """The facts, JSON's types only. The self-test runs every backend on a tiny model."""
    from isomorph.cli.backends import COLUMNS, rows
    from isomorph.cli.offers import COLUMNS as OFFERS
    from isomorph.cli.offers import offers
    from isomorph.contract import CONTRACT

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say stands among the facts
        offered = [dict(zip(OFFERS, row, strict=True)) for row in offers(plugins)]
        tests = list(_tested(plugins))
    imported = [_plugin(plugins, name) for name in sorted(plugins.origins)]
    names = {info.name: info.distribution for info in plugins.infos}
    broken = (*plugins.failed, *plugins.ambiguous.values(), *plugins.failures)
    troubles = [str(each) for each in broken]
    troubles += [
        f"{each['offer']} {each['name']!r} of {each['distribution']}: {each['status']}"
        for each in offered
        if each["status"].startswith("failed") and each["offer"] in ("exporter", "module")
    ]
    troubles += [
        f"backend {test['backend']!r} of {names[test['backend']]}: "
        f"{test['reason'] or 'its numbers differ from the reference'}"
        for test in tests
        if test["outcome"] in ("failed", "differs") and test["backend"] in names
    ]
    troubles += [
        f"plugin {each['name']!r} of {each['distribution']}: importing it changes "
        f"{', '.join(each['changes'])}, in every program that loads a model"
        for each in imported
        if each["changes"]
    ]
    return {
        "isomorph": __version__,
        "contract": CONTRACT,
        "python": f"{platform.python_version()} ({platform.python_implementation()}) {sys.executable}",
        "machine": _machine(),
        "libraries": {name: _version_of(name) for name in LIBRARIES},
        "environment": _environment(os.environ),
        "plugins": imported,
        "backends": [dict(zip(COLUMNS, row, strict=True)) for row in rows(plugins)],
        "offers": offered,
        "self_test": tests,
        "troubles": troubles,
        "healthy": not troubles,
    }


def lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """The facts as text to paste; nothing is cut."""
    for name, value in facts.items():
        if isinstance(value, dict):
            yield f"{name}:"
            yield from (f"  {key}: {each}" for key, each in value.items())
        elif isinstance(value, list):
            yield f"{name}:" if value else f"{name}: none"
            yield from (f"  - {_line(each)}" for each in value)
        else:
            yield f"{name}: {value}"


def _line(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{key}: {each}" for key, each in value.items() if each not in ("", None, []))


def _machine() -> Facts:
    from isomorph.machine.cpu import effective_cpus
    from isomorph.machine.free_memory import free_memory

    free = free_memory()
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": f"{effective_cpus()} of {os.cpu_count()}",
        "free memory": "unknown" if free is None else f"{free >> 20} MiB",
    }


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    told = {
        name: "(set)" if name.endswith("TOKEN") else value
        for name, value in variables.items()
        if name.startswith(STARTS) or name == "SENTENCE_TRANSFORMERS_HOME"
    }
    return dict(sorted(told.items()))


def _plugin(plugins: Plugins, name: str) -> Facts:
    """A plugin with the contract that it states, the hooks that it has, and what its import changes."""
    from isomorph.cli.offers import hooks_of
    from isomorph.plugins.made_for import CONTRACT_NAME

    plugin = plugins.manager.get_plugin(name)
    origin = plugins.origins[name]
    return {
        "name": origin.name,
        "distribution": origin.distribution,
        "contract": getattr(plugin, CONTRACT_NAME, None),
        "hooks": hooks_of(plugins, plugin),
        "changes": _changes(origin),
    }


def _changes(origin: Origin) -> list[str]:
    """What importing a plugin changes of a process; the law of the kit about imports, for a user."""
    from isomorph.plugins.quiet import looked

    if origin.own or not origin.module:
        return []
    found = looked([origin.module])
    if found.failure:  # here it could be imported
        last = found.failure.strip().splitlines()[-1]
        return [f"what a process is that has imported nothing else: {last}"]
    return list(found.changed)


def _tested(plugins: Plugins) -> Iterator[Facts]:
    """Each backend on a tiny model beside the reference."""
    from isomorph.export.verify import verify
    from isomorph.testing.models import write

    with tempfile.TemporaryDirectory() as folder:
        model = write(TINY, Path(folder) / TINY)
        for verdict in verify(model, plugins=plugins):
            yield {
                "backend": verdict.backend,
                "device": verdict.device,
                "outcome": verdict.outcome,
                "difference": verdict.difference,
                "reason": verdict.reason,
            }


def _version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"
