"""Images among the tokens of a text: their vectors take the places of tokens that stand for them.

A forward has the images of all its texts, one below the other, whichever text they are in. Where a text has
a vector of an image, `PLACES` says the row of the table of all such vectors; a gather takes it. So texts may
have no image, or several, and an engine sees one program.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isomorph.primitives import ops
from isomorph.primitives.builder import Ref

PLACES = "image_places"
"""int64 (rows, width): 0 where a token is itself, else the number of an image's vector, counted from 1."""
AXES = "token_positions"
"""int64 (rows, width, axes): the positions of tokens along several axes, where an encoder turns by them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The vectors of the images of a forward.

    `vectors` is a table (images times vectors of one, `width`), padding included. `deep` are tables of the
    same shape that are added to what the first blocks compute, one a block (DeepStack, arXiv:2406.04334).
    """

    vectors: Ref
    width: int
    deep: tuple[Ref, ...] = ()

    def taken(self, table: Ref, places: Ref) -> Ref:
        """Rows of one of the tables at `places` (B, T) -> (B, T, width); zeros where a token is itself."""
        nothing = table.builder.constant(np.zeros((1, self.width), np.float32))
        return ops.embedding(ops.concat([nothing, table], axis=0), places)


def merged(seen: Seen, places: Ref, x: Ref) -> Ref:
    """The vectors of tokens x (B, T, H), with those of images in their places."""
    here = ops.compare(places, x.builder.constant(np.array([0])), "greater")
    return ops.where(ops.unsqueeze(here, 2), seen.taken(seen.vectors, places), x)
