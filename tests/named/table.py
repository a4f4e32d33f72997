"""Writes docs/models.md from a run of every row: ``python -m named.table`` in tests/."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from isomorph.errors import BackendError, IsomorphError
from isomorph.plugins.discovery import installed

from . import running
from .row import Row
from .rows import ROWS

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
_HEAD = """# Models by name

Written by `make support` from a run; do not edit. Each row stands for published models of one layout. Their
folders are rebuilt tiny, with random weights, under the published names of files, options and tensors, from
public descriptions: no row but those that say so has been seen with real weights. A cell is the largest
difference from the witness, in units of the largest value; "by the reference" means that numpy computes what
the engine does not. Where a row names a test of `tests/` instead, that test holds it on every backend.
"""


def head() -> str:
    """The page up to the table."""
    return _HEAD


def listed(row: Row) -> str:
    """The first cells of a row, which no run decides."""
    return f"{row.models} | {row.layout}"


def cell(row: Row, backend: str, expected: np.ndarray) -> str:
    """The largest difference on a backend, and whether another one computes a part."""
    with tempfile.TemporaryDirectory() as place:
        folder = row.write(Path(place) / "model")
        with running.load(row, folder, backend) as model:
            found = running.difference(running.answer(row, model), expected)
            native = running.whole(model, backend)
    return f"{found:.0e}" + ("" if native else ", by the reference")


def refusal(row: Row) -> str:
    """What a backend without code of the model says, up to its first full stop."""
    with tempfile.TemporaryDirectory() as place:
        folder = row.write(Path(place) / "model")
        try:
            running.load(row, folder, "reference").encode("a")
        except IsomorphError as said:
            return str(said).partition(" (families:")[0].partition(". ")[0].replace("|", "/")
    raise AssertionError(f"{row.name} is no longer refused")


def cells(row: Row, backends: Sequence[str], expected: np.ndarray | None) -> list[str]:
    """What a row says behind its layout."""
    real = f"`{row.real}`" if row.real else "no"
    if row.test:
        return [*(["see test"] * len(backends)), f"{row.witness}: `{row.test}`", real]
    if row.refused:
        return [*(["refused"] * len(backends)), refusal(row), real]
    assert expected is not None
    return [*(cell(row, backend, expected) for backend in backends), row.witness, real]


def page() -> str:
    """The page as a run of now has it."""
    backends = []
    for info in installed().infos:
        try:
            installed().backend(info.name).devices()
            backends.append(info.name)
        except BackendError as absent:
            print(f"{info.name} is left out: {absent}")
    expected = np.load(running.EXPECTED)
    names = ["models", "what was rebuilt", *backends, "witness", "real weights"]
    lines = ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
    for row in ROWS:
        found = cells(row, backends, expected.get(row.name))
        lines.append("| " + " | ".join([listed(row), *found]) + " |")
    return head() + "\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
