"""Shares on a command line: ``0.005`` or ``0.5%``."""

from __future__ import annotations

from isomorph.errors import InputError


def share(option: str, text: str | None) -> float | None:
    """0.005 of ``0.005`` or ``0.5%``; None of no text.

    Raises:
        InputError: it is neither, or below 0.
    """
    if text is None:
        return None
    try:
        found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise InputError(f"{option} {text!r} is no share: write 0.5% or 0.005.")
    return found
