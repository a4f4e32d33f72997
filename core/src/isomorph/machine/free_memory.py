"""How much memory this process may still take, by what the system and its control groups say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from isomorph.machine.cpu import groups

STATM = Path("/proc/self/statm")
UNLIMITED = 1 << 60
"""From here on a limit is none: version 1 of control groups writes the largest number of pages it knows."""


def free_memory(
    cgroup_root: Path = Path("/sys/fs/cgroup"),
    own: Path = Path("/proc/self/cgroup"),
    meminfo: Path = Path("/proc/meminfo"),
) -> int | None:
    """Bytes that are left of the machine and of every control group; None where nothing says.

    Cached pages of files that nobody used of late count as free.
    """
    found = [*_available(meminfo)]
    for group in groups(cgroup_root, own, "memory"):
        found += _left(group)
    return max(0, min(found)) if found else None


def resident_memory(statm: Path = STATM) -> int | None:
    """Bytes of this process that are in memory now; None where the system does not say."""
    told = own_memory(statm)
    return None if told is None else told[1]


def own_memory(statm: Path = STATM) -> list[int] | None:
    """Bytes of this process, in the order of proc(5): size, resident, shared, text, lib, data.

    None where the system does not say.
    """
    try:
        import resource

        return [int(each) * resource.getpagesize() for each in statm.read_text().split()]
    except (OSError, ImportError):
        return None


def _available(meminfo: Path) -> Iterator[int]:
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return
    yield from (int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def _left(group: Path) -> Iterator[int]:
    """What is left under the limit of one group, of version 2 or 1."""
    for limit, usage, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            most, used = ((group / name).read_text().strip() for name in (limit, usage))
            if not most.isdigit() or int(most) >= UNLIMITED:  # "max"
                continue
            yield int(most) - int(used) + _stat(group, cached)
        except OSError:
            continue


def _stat(group: Path, name: str) -> int:
    try:
        lines = (group / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.split()[0] == name), 0)
