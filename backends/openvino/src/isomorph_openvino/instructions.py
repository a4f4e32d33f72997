"""A limit on a processor's instructions that only a part of OpenVINO follows.

oneDNN, which OpenVINO holds, keeps to ``ONEDNN_MAX_CPU_ISA``. Kernels of OpenVINO ask the processor. With a
limit of AVX2 on a processor that has AVX-512, release 2026.4 gave numbers that were 0.18 off, or crashed.
A processor that has no AVX-512 itself is another matter: there both parts agree.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NAMES = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")
"""oneDNN's variable, and its older name."""
NARROW = frozenset(["SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2"])
"""Values of it that forbid AVX-512; oneDNN takes them in any case."""
CPUINFO = Path("/proc/cpuinfo")


def why_limited() -> str:
    """Why no numbers of OpenVINO on this CPU can be relied on; "" where they can."""
    for name in NAMES:
        value = os.environ.get(name, "")
        if value.upper() in NARROW and _is_wide():
            return (
                f"{name}={value} is set, which OpenVINO's own kernels do not follow: numbers would be wrong. "
                f"Unset {name}"
            )
    return ""


def _is_wide() -> bool:
    """Whether the processor has AVX-512, or nobody can tell."""
    with suppress(OSError):
        return "avx512f" in CPUINFO.read_text("ascii", "replace")
    return True
