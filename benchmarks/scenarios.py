"""What is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColdStart:
    """From the start of a process to its first vector, imports and loading included."""

    repeats: int = 3
    text: str = "The first vector."


@dataclass(frozen=True, slots=True)
class ShortText:
    """One short text a call, as a search box sends them: p50 and p99 over all calls."""

    repeats: int = 5
    calls: int = 60
    text: str = "how do I renew a library card online"


@dataclass(frozen=True, slots=True)
class MixedTexts:
    """Many texts of mixed length in one call, as an index is built: median texts per second."""

    repeats: int = 5
    count: int = 320


@dataclass(frozen=True, slots=True)
class Suite:
    """All scenarios of one run. Timed parts repeat `repeats` times, contenders in turn."""

    cold: ColdStart = ColdStart()
    short: ShortText = ShortText()
    mixed: MixedTexts = MixedTexts()

    @classmethod
    def quick(cls) -> Suite:
        """Once, and small: shows that the harness works; its numbers are not for comparing."""
        return cls(ColdStart(1), ShortText(1, 20), MixedTexts(1, 64))
