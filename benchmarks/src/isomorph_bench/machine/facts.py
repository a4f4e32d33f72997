"""What a record says of the machine and of what is installed."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from isomorph.machine.cpu import effective_cpus

OF_INTEREST = ("avx", "fma", "amx", "f16c", "asimd", "sve", "bf16", "i8mm", "dotprod")
"""Beginnings of the names of instructions that kernels choose by."""
NAMED = (
    *("isomorph", "numpy", "onnxruntime", "openvino", "torch", "transformers", "tokenizers"),
    *("safetensors", "scipy", "pillow"),
)
"""Beginnings of the names of distributions that figures depend on."""


def facts(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, Any]:
    """The processor, its instructions and cores, how many of these this process may use, and the system."""
    return {
        "cpu": cpu_model(cpuinfo),
        "instructions": instructions(cpuinfo),
        "cores": os.cpu_count() or 0,
        "cpus": effective_cpus(),
        "memory": _memory(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def versions(beginnings: Iterable[str] = NAMED) -> dict[str, str]:
    """Installed distributions whose names begin so, with their versions."""
    begin = tuple(beginnings)
    found = {
        each.name.lower(): each.version
        for each in distributions()
        if each.name and each.name.lower().startswith(begin)
    }
    return dict(sorted(found.items()))


def instructions(cpuinfo: Path = Path("/proc/cpuinfo")) -> list[str]:
    """Extensions of the processor's instructions, as the system names them; none where it does not."""
    for line in _lines(cpuinfo):
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return sorted(word for word in value.split() if word.startswith(OF_INTEREST))
    return []


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as the system gives it."""
    for line in _lines(cpuinfo):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    for line in _lines(meminfo):
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
