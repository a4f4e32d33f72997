"""How many CPUs this process may really use, and the one budget from which all threads come."""

from __future__ import annotations

import math
import os
from pathlib import Path

THREADS_VARIABLE = "ISOMORPH_THREADS"
"""Environment variable: an upper bound on the CPU threads of a session."""


def effective_cpus(cgroup_root: Path = Path("/sys/fs/cgroup")) -> int:
    """The smallest of CPU affinity, cgroup quota (v1 and v2, rounded up) and `ISOMORPH_THREADS`.

    Never the host's core count: in a container with a quota of 2 on a 64-core machine it is 2.
    """
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        count = os.cpu_count() or 1
    quota = _cgroup_quota(cgroup_root)
    if quota is not None:
        count = min(count, max(1, math.ceil(quota)))
    wanted = os.environ.get(THREADS_VARIABLE, "")
    if wanted.isdigit() and int(wanted) > 0:
        count = min(count, int(wanted))
    return max(1, count)


def _cgroup_quota(root: Path) -> float | None:
    """CPUs that the cgroup's quota amounts to, or None where there is none."""
    try:
        quota, period = (root / "cpu.max").read_text().split()[:2]  # v2: "max 100000"
    except (OSError, ValueError):
        try:
            quota = (root / "cpu" / "cpu.cfs_quota_us").read_text().strip()  # v1: "-1"
            period = (root / "cpu" / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)
