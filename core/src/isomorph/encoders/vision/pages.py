"""Pages as pictures: their vectors stand among the words of a text that says what to do with them.

An encoder of texts reads both, and each of its positions becomes a vector that late interaction compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.lower import lower_encoder
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.seeing.seen import Seen
from isomorph.encoders.vision.description import VisionEncoder
from isomorph.encoders.vision.lower import PIXELS, lower_vision
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEncoder:
    """Among the words of `reading` stands what `joined` makes of the patches of a picture.

    With `square` so many times so many neighbouring patches become one vector (pixel shuffle,
    arXiv:1609.05158); `tiled` pixels are those of several squares of a page. Without `seeing` there are no
    pictures, as in queries. Every vector goes through `head` and gets the length 1; those of padding are 0.
    """

    reading: Encoder
    head: Linear
    seeing: VisionEncoder | None = None
    joined: Linear | None = None
    square: int = 1
    tiled: bool = False


def lower_page(page: PageEncoder, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    """Vectors of positions (B, T, features)."""
    named = EncoderWeights(weights, page.reading.embeddings.word)
    states = lower_encoder(page.reading, weights, values, _seen(page, weights, values))
    vectors = ops.l2_normalize(named.linear(page.head, states[-1]))
    return vectors * ops.unsqueeze(ops.cast(values["attention_mask"], "float32"), 2)


def _seen(page: PageEncoder, weights: Weights, values: Mapping[str, Ref]) -> Seen | None:
    """The vectors of pictures, as wide as words."""
    if page.seeing is None or page.joined is None:
        return None
    named = EncoderWeights(weights, f"{page.joined.name}.weight")
    pixels = values[PIXELS]
    side = page.seeing.patches.side
    rows, columns = page.seeing.grid
    if page.tiled:
        pixels = ops.reshape(
            pixels, (-1, page.seeing.patches.channels, rows * side, columns * side)
        )
    seen = lower_vision(page.seeing, weights, {PIXELS: pixels})
    if page.square > 1:
        seen = _shuffled(seen, page.seeing.grid, page.square, page.seeing.hidden)
    table = ops.reshape(named.linear(page.joined, seen), (-1, page.reading.hidden))
    return Seen(table, page.reading.hidden)


def _shuffled(x: Ref, grid: tuple[int, ...], square: int, hidden: int) -> Ref:
    """Patches (B, rows columns, H), each square of them as one vector (B, …, square square H)."""
    rows, columns = (each // square for each in grid)
    x = ops.reshape(x, (-1, rows, square, columns, square, hidden))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, rows * columns, square * square * hidden))
