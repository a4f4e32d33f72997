"""How many CPUs this process may really use, and the one budget from which all threads come."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

from isomorph.errors import InputError

THREADS_VARIABLE = "ISOMORPH_THREADS"
"""Environment variable: an upper bound on the CPU threads of a process; 0 is none."""


_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def effective_cpus(cgroup_root: Path = _GROUPS, own: Path = _OWN) -> int:
    """The smaller of `available_cpus` and `ISOMORPH_THREADS`, of which 0 and "" are no bound.

    Raises:
        InputError: `ISOMORPH_THREADS` is no whole number.
    """
    count = available_cpus(cgroup_root, own)
    wanted = os.environ.get(THREADS_VARIABLE, "").strip() or "0"
    if not wanted.isdecimal():
        raise InputError(
            f"{THREADS_VARIABLE}={wanted!r} is no number of threads. Write a whole number such as 4, or 0 "
            f"for all {count} CPUs of this process."
        )
    return min(count, int(wanted) or count)


def available_cpus(cgroup_root: Path = _GROUPS, own: Path = _OWN) -> int:
    """The smaller of CPU affinity and cgroup quota (v1 and v2, rounded up).

    Never the host's core count: in a container with a quota of 2 on a 64-core machine it is 2.
    """
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        count = os.cpu_count() or 1
    for group in groups(cgroup_root, own, "cpu"):
        quota = _quota(group)
        if quota is not None:
            count = min(count, max(1, math.ceil(quota)))
    return max(1, count)


def groups(root: Path, own: Path, controller: str) -> Iterator[Path]:
    """The folders whose limits bind this process: its own control groups and every group around them.

    `controller` is what is limited, such as ``"cpu"`` or ``"memory"``; `own` says which groups they are.
    """
    yield root
    yield root / controller
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:  # "0::/user.slice/one.scope" (v2), "4:cpu,cpuacct:/docker/1f2e" (v1)
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top = root
        elif controller in controllers.split(","):
            top = root / controller
        else:
            continue
        folder = top / path.lstrip("/")
        while folder != top and folder.is_relative_to(top):
            yield folder
            folder = folder.parent


def _quota(group: Path) -> float | None:
    """CPUs that a group's quota amounts to, or None where it has none."""
    try:
        quota, period = (group / "cpu.max").read_text().split()[:2]  # v2: "max 100000"
    except (OSError, ValueError):
        try:
            quota = (group / "cpu.cfs_quota_us").read_text().strip()  # v1: "-1"
            period = (group / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)
