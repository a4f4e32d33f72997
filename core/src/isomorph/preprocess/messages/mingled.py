"""Texts with images among their tokens, as numbers: whose vector stands where, and where tokens stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.encoded import Encoded
from isomorph.primitives.program import Feed

PLACES, AXES = "image_places", "token_positions"
_SPOKEN = ("input_ids", "attention_mask", "token_type_ids", "prompt_length")


class Sight(Protocol):
    """How the images of a forward are fed: frozen data, read from the files of an image processor."""

    @property
    def processor(self) -> Any:
        """What makes numbers of a decoded image. They have a length, in vectors, and a `grid` of these."""

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Type and axes of those of its arrays that are read."""

    def arrays(
        self, images: Sequence[Any], names: Collection[str]
    ) -> tuple[Mapping[str, NDArray[Any]], int]:
        """The arrays of some images, and how many vectors each of them becomes, padding included.

        Of no image at all one that nobody reads: engines are fed no empty arrays.
        """


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens of a text, its images, and where the vectors of each begin."""

    ids: NDArray[np.int64]
    images: tuple[Any, ...]
    begins: tuple[int, ...]

    def cut(self, length: int | None, index: int) -> Row:
        """At most so many tokens.

        Raises:
            InputError: an image would be cut; `index` is the text's place in the call.
        """
        if length is None or len(self.ids) <= length:
            return self
        end = max((b + len(i) for b, i in zip(self.begins, self.images, strict=True)), default=0)
        if end > length:
            raise InputError(
                f"Input {index} has {len(self.ids)} tokens with those of its images, which reach to token "
                f"{end}, and the model takes {length}. Pass fewer or smaller images, or raise max_seq_length."
            )
        return Row(self.ids[:length], self.images, self.begins)

    def axes(self, count: int) -> NDArray[np.int64]:
        """The positions of all tokens (tokens, count): in time, in rows and in columns.

        Words count alike along all axes. The vectors of an image stand at one time, in its rows and columns;
        what follows counts on from the larger of them (Qwen2-VL, arXiv:2409.12191).
        """
        found = np.zeros((len(self.ids), count), np.int64)
        at = done = 0
        for begin, image in zip(self.begins, self.images, strict=True):
            words = begin - done
            found[done:begin] = (at + np.arange(words))[:, None]
            at += words
            rows, columns = image.grid
            done = begin + rows * columns
            grid = np.moveaxis(np.indices((rows, columns)), 0, -1)
            found[begin:done, -2:] = grid.reshape(-1, 2)
            found[begin:done] += at
            at += max(rows, columns)
        found[done:] = (at + np.arange(len(found) - done))[:, None]
        return found


def expanded(ids: NDArray[np.int64], token: int, images: tuple[Any, ...], index: int) -> Row:
    """A text in which the `token` that stands for an image is repeated for each of its vectors.

    Raises:
        InputError: as many tokens as images are not there; `index` is the text's place in the call.
    """
    stand = np.flatnonzero(ids == token)
    if len(stand) != len(images):
        raise InputError(
            f"Input {index} has {len(images)} images, and the template's text has {len(stand)} places for "
            "them: it leaves some out, or a text spells the token that stands for one."
        )
    counts = np.ones(len(ids), np.int64)
    counts[stand] = [len(each) for each in images]
    ends = np.cumsum(counts)
    begins = tuple((ends[stand] - counts[stand]).tolist())
    return Row(np.repeat(ids, counts), images, begins)


@dataclass(frozen=True, slots=True)
class Mingled:
    """A few such texts; a `Prepared`."""

    text: Encoded
    rows: tuple[Row, ...]
    sight: Sight
    axes: int

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each, those of images included."""
        return self.text.lengths

    @property
    def full_lengths(self) -> NDArray[np.int64]:
        """The same before they were cut."""
        return self.text.full_lengths

    @property
    def attended(self) -> NDArray[np.int64]:
        """The same as `lengths`: no mask hides a token."""
        return self.text.attended

    @property
    def truncated(self) -> NDArray[np.int64]:
        """Indices of the texts that were cut."""
        return self.text.truncated

    @property
    def ids(self) -> Sequence[NDArray[np.int64]]:
        """Token ids; where an image stands that of its token."""
        return self.text.ids

    @property
    def indices(self) -> Mapping[str, Sequence[NDArray[np.int64]]]:
        """Ids index the word table."""
        return self.text.indices

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Those of the texts, and those of all their images, one below the other."""
        own = [name for name in names if name in _SPOKEN]
        made: dict[str, NDArray[Any]] = {
            name: array
            for name, array in self.text.feeds(rows, width, blank, own).items()
            if name in names
        }
        images = [image for index in rows for image in self.rows[index].images]
        arrays, most = self.sight.arrays(images, names)
        made |= arrays
        shape, left = (len(rows) + blank, width), self.text.text.padding_side == "left"
        places, count = np.zeros(shape, np.int64), 0
        positions = np.zeros((*shape, self.axes), np.int64)
        for row, index in enumerate(rows):
            each = self.rows[index]
            start = width - len(each.ids) if left else 0
            positions[row, start : start + len(each.ids)] = each.axes(self.axes) if self.axes else 0
            for begin, image in zip(each.begins, each.images, strict=True):
                numbers = 1 + count * most + np.arange(len(image))
                places[row, start + begin : start + begin + len(image)] = numbers
                count += 1
        made |= {
            name: array for name, array in ((PLACES, places), (AXES, positions)) if name in names
        }
        return made
