"""Who is next: every round visits all, and begins with another one each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def turns(names: Sequence[str], rounds: int) -> Iterator[str]:
    """Every round visits all names, in turning order, so that drift hits all alike."""
    for index in range(rounds):
        start = index % len(names) if names else 0
        yield from (*names[start:], *names[:start])
