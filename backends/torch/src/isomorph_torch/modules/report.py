"""What transformers reports about the weights that it has read: what would be random numbers is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.errors import BadModel
from isomorph_torch.modules.source import Source

SHOWN = 3
"""How many tensors an error names."""

_NO_OUTPUT = "pooler"
"""A part of encoders that their token vectors do not need; classifiers read it."""


def judged(source: Source, model: str, report: Mapping[str, Any], hint: str) -> frozenset[str]:
    """The names of weights that no file had and nobody reads.

    `model` is the name of the class, `hint` what else an error should say.

    Raises:
        BadModel: weights that count are not stored, or in another shape than ``config.json`` implies.
    """
    wrong = sorted(report["mismatched_keys"])
    if wrong:
        told = [
            f"{name!r} is stored as {tuple(had)}, not {tuple(want)}" for name, had, want in wrong
        ]
        raise BadModel(
            f"{source.folder} holds tensors of other shapes than its config.json implies for {model}: "
            f"{_some(told)}.{hint and f' {hint}'}"
        )
    missing = frozenset(report["missing_keys"])
    encoder = source.module.config.get("task", "feature-extraction") == "feature-extraction"
    aside: tuple[str, ...] = tuple(source.module.config.get("aside", ()))
    made: tuple[str, ...] = tuple(source.module.config.get("made", ()))
    needed = sorted(
        name
        for name in missing
        if not (encoder and _NO_OUTPUT in name.split("."))
        and not name.startswith(aside)
        and not name.endswith(made)
    )
    if needed:
        unread = sorted(report["unexpected_keys"])
        there = (
            f" It holds {_some([repr(name) for name in unread])}, for which {model} has no place."
        )
        raise BadModel(
            f"{source.folder} lacks {len(needed)} weights of {model}, {_some([repr(n) for n in needed])}; "
            f"they would be random numbers.{there if unread else ''}{hint and f' {hint}'}"
        )
    return missing


def _some(told: Sequence[str]) -> str:
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more
