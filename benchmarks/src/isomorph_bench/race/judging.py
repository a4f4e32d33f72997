"""Whether a contender did what it was asked: where it ran, in which numbers, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isomorph.export.verify import TOLERANCE, largest_difference
from isomorph_bench.tasks.task import Rows

LEAST_COSINE = 0.9
"""Results of weights in fewer bits that are farther from the reference's are another model's."""


def void_reason(
    found: Rows,
    expected: Rows,
    report: Mapping[str, Any],
    asked: Mapping[str, str] | None = None,
    least_cosine: float = LEAST_COSINE,
) -> str:
    """Why a figure does not count; nothing where it does.

    `asked` may name the device, precision and weights. What a contender does not tell is not held against it.
    With weights in fewer bits the lowest cosine is judged, else the largest difference.
    """
    asked = asked or {}
    return elsewhere(report, asked) or other_numbers(
        found, expected, least_cosine if asked.get("weights") else None
    )


def elsewhere(report: Mapping[str, Any], asked: Mapping[str, str]) -> str:
    """Where it ran on another device or provider than asked, in other numbers, or not whole."""
    device, wanted = str(report.get("device", "")), asked.get("device", "")
    if wanted and device and not same_device(device, wanted):
        return f"ran on {device} in place of {wanted}"
    provider, kind = str(report.get("provider", "")), (wanted or device).partition(":")[0]
    if kind not in ("", "cpu") and provider.lower().startswith("cpu"):
        return f"ran on {provider} in place of {wanted or device}"
    for name, key in (("precision", "precision"), ("weights", "stored")):
        told, wanted = str(report.get(key, "")), asked.get(name, "")
        if wanted and key in report and not told.startswith(wanted):
            return f"{name} {told or 'float32'} in place of {wanted}"
    if asked.get("cpus") and str(report.get("cpus", asked["cpus"])) != asked["cpus"]:
        return f"ran on {report['cpus']} CPUs in place of {asked['cpus']}"
    if report.get("native", 0) < report.get("modules", 0):
        return f"ran {report['native']} of {report['modules']} modules"
    return ""


def same_device(found: str, wanted: str) -> bool:
    """Whether ``"cuda:0"`` is ``"cuda"``: no number stands for the first one."""
    names = [name.partition(":") for name in (found, wanted)]
    return names[0][0] == names[1][0] and (names[0][2] or "0") == (names[1][2] or "0")


def other_numbers(found: Rows, expected: Rows, least_cosine: float | None = None) -> str:
    """Where results differ too much from the reference's, and in how many items."""
    if least_cosine is not None:
        worst = lowest_cosine(found, expected)
        if not worst >= least_cosine:
            return f"has a cosine of {worst:.3f} with the reference at worst"
        return ""
    gap = difference(found, expected)
    if not gap <= TOLERANCE:
        return f"differs from the reference by {gap:.1e}, {extent(found, expected)}"
    return ""


def difference(found: Rows, expected: Rows) -> float:
    """Of two sets of rows, in units of the largest expected component; infinite for other shapes."""
    return largest_difference(found, expected)


def lowest_cosine(found: Rows, expected: Rows) -> float:
    """Of each row with its expected one; of rows of one number, of all together. -1 for other shapes."""
    shapes = [[row.shape for row in rows] for rows in (found, expected)]
    if shapes[0] != shapes[1]:
        return -1.0
    if all(row.size == 1 for row in expected):
        found, expected = ([np.array([row.item() for row in rows])] for rows in (found, expected))
    return min((_cosine(a, b) for a, b in zip(found, expected, strict=True)), default=1.0)


def _cosine(a: Any, b: Any) -> float:
    left, right = (np.asarray(each, np.float64).ravel() for each in (a, b))
    length = float(np.linalg.norm(left) * np.linalg.norm(right))
    if not length:
        return 1.0 if np.array_equal(left, right) else 0.0
    found = float(left @ right) / length
    return found if np.isfinite(found) else -1.0


def extent(found: Rows, expected: Rows) -> str:
    """In how many items two sets differ."""
    if len(found) != len(expected):
        return f"{len(found)} results for {len(expected)}"
    scale = max((float(np.abs(row).max(initial=0.0)) for row in expected), default=0.0)
    wrong = sum(
        a.shape != b.shape or not np.abs(a - b).max(initial=0.0) <= TOLERANCE * scale
        for a, b in zip(found, expected, strict=True)
    )
    return f"in {wrong} of {len(expected)} results"
