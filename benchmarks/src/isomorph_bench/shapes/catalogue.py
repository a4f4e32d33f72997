"""The shapes by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from isomorph_bench.shapes.clip import write_clip
from isomorph_bench.shapes.texts import ENCODERS, write_static

SHAPES: Mapping[str, Callable[[Path, bool], None]] = {
    **ENCODERS,
    "static": write_static,
    "clip-b32": write_clip,
}
"""Writes a model into an empty folder; with the second argument a small one of the same kind."""
