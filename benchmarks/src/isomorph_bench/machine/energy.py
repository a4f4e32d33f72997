"""The energy that the processors take, where the kernel's counters can be read (RAPL under powercap).

Counters are in microjoules and begin again at ``max_energy_range_uj``; each package of processors has one.
The format is that of the kernel's documentation, ``power/powercap/powercap.rst``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/class/powercap")


@dataclass(frozen=True, slots=True)
class Meter:
    """The counters of all packages; `why` says why there are none."""

    packages: tuple[Path, ...] = ()
    why: str = ""

    def read(self) -> tuple[int, ...]:
        """What the counters say now."""
        return tuple(int((each / "energy_uj").read_text()) for each in self.packages)

    def joules(self, before: tuple[int, ...]) -> float:
        """What was taken since `before`, by all packages together."""
        return sum(
            (now - then if now >= then else now + _range(package) - then) / 1e6
            for package, then, now in zip(self.packages, before, self.read(), strict=True)
        )


def meter(root: Path = ROOT) -> Meter:
    """The counters of this machine."""
    packages = tuple(sorted(root.glob("intel-rapl:[0-9]")))
    if not packages:
        return Meter(why="this machine has no counters of energy")
    found = Meter(packages)
    try:
        found.read()
        [_range(package) for package in packages]
    except (OSError, ValueError):
        return Meter(why="the counters of energy are for the administrator alone")
    return found


def _range(package: Path) -> int:
    return int((package / "max_energy_range_uj").read_text())
