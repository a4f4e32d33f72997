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
from isomorph.encoders.vision.lower import lower_vision
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEncoder:
    """Among the words of `reading` stands what `joined` makes of the patches of a picture.

    Without `seeing` there are no pictures, as in queries. Every vector goes through `head` and gets the
    length 1; those of padding are zero.
    """

    reading: Encoder
    head: Linear
    seeing: VisionEncoder | None = None
    joined: Linear | None = None


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
    seen = named.linear(page.joined, lower_vision(page.seeing, weights, values))
    return Seen(ops.reshape(seen, (-1, page.reading.hidden)), page.reading.hidden)
