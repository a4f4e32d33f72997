"""What a card says of a quantised model: a section behind what the card said before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isomorph.quantize.quantize import Quantized

CARD = "README.md"


def write_card(made: Quantized, backend: str, folder: Path) -> None:
    """Adds the section to the card in `folder`, which need not be there."""
    file = folder / CARD
    before = file.read_text("utf-8", errors="replace").rstrip() if file.is_file() else "# Model"
    file.write_text(f"{before}\n\n{section(made, backend)}\n", "utf-8", newline="\n")


def section(made: Quantized, backend: str) -> str:
    """The heading, a sentence and a table."""
    rows = [f"| {name} | {value} |" for name, value in _rows(made)]
    kept = "".join(f"\n* `{name}`: {why}" for name, why in made.kept.items())
    left = f"\n\nMatrices that stay in float:\n{kept}" if kept else ""
    return (
        "\n".join(
            [
                "## Quantised",
                "",
                f"`isomorph quantize` stored {made.layers} matrices as {made.stored}. It compared the model "
                f"with the one before, in the backend {backend}:",
                "",
                "| measured | value |",
                "|---|---|",
                *rows,
            ]
        )
        + left
    )


def _rows(made: Quantized) -> Iterator[tuple[str, str]]:
    found = made.measured
    yield "weights, size before = 1", f"{made.size:.3f}"
    yield f"cosine of {found.texts} texts, mean", f"{found.cosine:.6f}"
    yield "cosine, 1st percentile", f"{found.cosine_low:.6f}"
    yield "cosine, worst", f"{found.cosine_worst:.6f}"
    if found.overlap is not None:
        yield "ten nearest texts that stay", f"{found.overlap:.1%}"
    if found.spearman is not None:
        yield "Spearman on pairs, before and now", "{:.4f}, {:.4f}".format(*found.spearman)
    yield "a text alone and among others differ by", f"{found.alone:.1e}"
    yield "speed before = 1, on the machine that made it", f"{found.speed:.2f}"
