"""The package openvino: imported here for the first time, or refused with what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from isomorph.errors import BackendUnavailable, EngineConflict

NAME = "openvino"
_OWNERS = ("openvino", "openvino-nightly")  # distributions that install the package `openvino`
_TELEMETRY = "openvino_telemetry"


@cache
def engine() -> Any:
    """The package `openvino`, imported without its telemetry.

    Raises:
        BackendUnavailable: it is not installed or does not load.
        EngineConflict: two distributions of it overwrite each other.
    """
    owners = [f"{name} {found}" for name in _OWNERS if (found := _version(name))]
    if len(owners) > 1:
        fix = f"pip uninstall {' '.join(_OWNERS)} && pip install openvino"
        raise EngineConflict(NAME, owners, fix)
    try:
        with _telemetry_off():
            openvino = import_module("openvino")
            import_module("openvino.opset15")
    except (ImportError, OSError, RuntimeError) as cause:
        why = f"OpenVINO cannot be imported ({type(cause).__name__}: {cause})"
        raise BackendUnavailable(NAME, why, "--force-reinstall openvino") from cause
    return openvino


@cache
def core() -> Any:
    """The one `openvino.Core` of this process: each would load the device plugins anew."""
    return engine().Core()


@contextmanager
def _telemetry_off() -> Iterator[None]:
    """Makes ``import openvino_telemetry`` fail, upon which OpenVINO takes its own silent stub.

    `import openvino` imports its converter, which reports every import to a web analytics service
    from a forked process and leaves an identifier in the home directory. No setting in code or
    environment turns off only that, and asking each user to opt out is not being offline.
    """
    absent = object()
    before: Any = sys.modules.get(_TELEMETRY, absent)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if before is absent:
            del sys.modules[_TELEMETRY]
        else:
            sys.modules[_TELEMETRY] = before


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
