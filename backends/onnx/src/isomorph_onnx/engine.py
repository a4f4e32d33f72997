"""The package onnxruntime: imported here for the first time, or refused with what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from isomorph.errors import BackendUnavailable, EngineConflict

_OWNERS = ("onnxruntime", "ort")
"""How the names of distributions begin that install the package `onnxruntime`."""

OLDEST = (1, 24, 4)
"""Of the versions before it, 1.22 and 1.23 read out of the folder, and 1.24.1 nothing of a Hub's cache."""

_NO_TELEMETRY = "ORT_DISABLE_TELEMETRY"


@cache
def engine() -> Any:
    """The package onnxruntime, imported without its telemetry.

    Raises:
        EngineConflict: two distributions own it.
        BackendUnavailable: it is missing, too old, or fails to import.
    """
    refuse_conflict(owners())
    try:
        with _telemetry_off():
            import onnxruntime
    except ImportError as cause:
        raise BackendUnavailable(
            "onnx", f"onnxruntime does not import: {cause}", f"--force-reinstall {_installed_as()}"
        ) from cause
    refuse_old(onnxruntime.__version__)
    return onnxruntime


def refuse_old(version: str) -> None:
    """Refuses engines that read files outside of a model's folder, or memory, if an ONNX file says so.

    Raises:
        BackendUnavailable: with the command that replaces it.
    """
    parts = version.split(".")[:3]
    if all(part.isdecimal() for part in parts) and tuple(map(int, parts)) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise BackendUnavailable(
            "onnx",
            f"onnxruntime {version} reads files outside of a model's folder where a model says so, and "
            f"{oldest} is the first that refuses",
            f"--upgrade {_installed_as()}>={oldest}",
        )


def _installed_as() -> str:
    """The distribution that owns the engine: onnxruntime, or another build of it."""
    return metadata.packages_distributions().get("onnxruntime", ["onnxruntime"])[0]


def owners() -> list[str]:
    """The distributions that own the package `onnxruntime`; [] where their names rule out that two do.

    Which package a distribution owns stands in its list of files, and reading all lists of an
    environment takes longer than loading a model.
    """
    spec = find_spec("onnxruntime")
    if spec is None or spec.origin is None or not doubtful(Path(spec.origin).parent.parent):
        return []
    return metadata.packages_distributions().get("onnxruntime", [])


def doubtful(folder: Path) -> bool:
    """Whether a folder holds two distributions that may own the engine, by their names."""
    found = [path for path in folder.glob("*-info") if path.name.lower().startswith(_OWNERS)]
    return len(found) > 1


@contextmanager
def _telemetry_off() -> Iterator[None]:
    """Tells ONNX Runtime, which asks while it is imported, to report nothing.

    Its official builds make an identifier of the device, keep events in the user's cache folder and
    send them; what its API can turn off comes too late for that. Who sets the variable decides.
    """
    before = os.environ.get(_NO_TELEMETRY)
    os.environ.setdefault(_NO_TELEMETRY, "1")
    try:
        yield
    finally:
        if before is None:
            del os.environ[_NO_TELEMETRY]


def refuse_conflict(distributions: list[str]) -> None:
    """Refuses two distributions in one package folder: the one installed last has overwritten parts.

    Raises:
        EngineConflict: with the commands that leave exactly one of them.
    """
    owners = sorted(set(distributions))
    if len(owners) > 1:
        keep = next((name for name in owners if name != "onnxruntime"), owners[-1])
        fix = f"pip uninstall -y {' '.join(owners)} && pip install {keep}"
        raise EngineConflict("onnxruntime", owners, fix)
