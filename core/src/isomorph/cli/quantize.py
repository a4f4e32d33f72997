"""``isomorph quantize``: a model folder in fewer bits with what was measured of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isomorph.cli.options import Model
from isomorph.cli.shares import share

if TYPE_CHECKING:
    from isomorph.quantize import Quantized

SHORT = {"fp16": "float16", "bf16": "bfloat16", "fp32": "float32"}
"""Further names of number types."""


def quantize(
    model: Model,
    weights: Annotated[
        str, typer.Option("--weights", "-w", help="int8, int4, float16 or bfloat16.")
    ],
    backend: Annotated[
        str, typer.Option("--backend", "-b", help="The backend that measures both models.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to make.")],
    activations: Annotated[
        str, typer.Option(help="float32, or int8 with a scale for each token.")
    ] = "float32",
    max_loss: Annotated[
        str | None,
        typer.Option(
            help="Publish nothing that loses more, such as 0.5% or 0.005; default: no bound."
        ),
    ] = None,
    max_layer_loss: Annotated[
        str | None,
        typer.Option(help="Layers that lose more stay in float; 3% of int8, 20% of int4."),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Two texts and a score a row, CSV or TSV."),
    ] = None,
    calibrate: Annotated[
        Path | None, typer.Option(help="Your texts, one a line; default: our own.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Store MODEL's weights in fewer bits, and measure what that costs before it is published."""
    from isomorph.cli.console import stdout
    from isomorph.quantize import quantize_model
    from isomorph.quantize.given import read_pairs, read_texts

    made = quantize_model(
        model,
        SHORT.get(weights, weights),
        backend=backend,
        output=output,
        activations=SHORT.get(activations, activations),
        max_loss=share("--max-loss", max_loss),
        max_layer_loss=share("--max-layer-loss", max_layer_loss),
        pairs=read_pairs(pairs) if pairs is not None else (),
        texts=read_texts(calibrate) if calibrate is not None else None,
        force=force,
        show_progress_bar=not quiet,
    )
    stdout().print("\n".join(_told(made)), soft_wrap=True)


def _told(made: Quantized) -> Iterator[str]:
    """A line a fact."""
    found = made.measured
    yield f"{made.folder}"
    yield (
        f"{made.layers} matrices as {made.stored}, {len(made.kept)} in float: {made.size:.1%} of the size."
    )
    yield (
        f"Cosine of {found.texts} texts: mean {found.cosine:.6f}, 1st percentile {found.cosine_low:.6f}, "
        f"worst {found.cosine_worst:.6f}."
    )
    yield (
        f"A text alone and among others differ by {found.alone:.1e}; speed {found.speed:.2f} times before."
    )
    if found.overlap is not None:
        yield f"Of the ten nearest texts {found.overlap:.1%} stay."
    if found.spearman is not None:
        before, now = found.spearman
        yield f"Spearman on the pairs: {before:.4f} before, {now:.4f} now."
