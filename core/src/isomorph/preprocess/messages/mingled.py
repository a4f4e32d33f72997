"""Texts with images among their tokens, as numbers: whose vector stands where, and where tokens stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
class Standing:
    """What stands in one place of a text: an image, or the parts of a video one behind the other."""

    parts: tuple[Any, ...]
    times: tuple[int, ...] = (0,)
    """The positions of the parts in time, from that of the first one on."""

    @property
    def count(self) -> int:
        """Vectors."""
        return sum(map(len, self.parts))


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens of a text, what stands among them, and where the vectors of each begin."""

    ids: NDArray[np.int64]
    standing: tuple[Standing, ...]
    begins: tuple[int, ...]

    @property
    def images(self) -> Iterator[Any]:
        """Images, and parts of videos, in the order of their vectors."""
        return (part for each in self.standing for part in each.parts)

    def cut(self, length: int | None, index: int) -> Row:
        """At most so many tokens.

        Raises:
            InputError: an image would be cut; `index` is the text's place in the call.
        """
        if length is None or len(self.ids) <= length:
            return self
        pairs = zip(self.begins, self.standing, strict=True)
        end = max((begin + each.count for begin, each in pairs), default=0)
        if end > length:
            raise InputError(
                f"Input {index} has {len(self.ids)} tokens with those of its images and videos, which reach "
                f"to token {end}, and the model takes {length}. Pass fewer or smaller ones, or raise "
                "max_seq_length."
            )
        return Row(self.ids[:length], self.standing, self.begins)

    def axes(self, count: int) -> NDArray[np.int64]:
        """The positions of all tokens (tokens, count): in time, in rows and in columns.

        Words count alike along all axes. The vectors of an image stand at one time, in its rows and columns,
        and those of a video at a time each part; what follows counts on from the larger of rows and columns
        (Qwen2-VL, arXiv:2409.12191).
        """
        found = np.zeros((len(self.ids), count), np.int64)
        at = done = 0
        for begin, each in zip(self.begins, self.standing, strict=True):
            words = begin - done
            found[done:begin] = (at + np.arange(words))[:, None]
            at += words
            rows, columns = each.parts[0].grid
            grid = np.moveaxis(np.indices((rows, columns)), 0, -1).reshape(-1, 2)
            done = begin
            for time in each.times:
                here = found[done : done + len(grid)]
                here[:, 0] = time
                here[:, -2:] = grid
                here += at
                done += len(grid)
            at += max(rows, columns)
        found[done:] = (at + np.arange(len(found) - done))[:, None]
        return found


def expanded(ids: NDArray[np.int64], standing: Mapping[int, Sequence[Standing]], index: int) -> Row:
    """A text in which a token that stands for an image or a video is repeated for each of its vectors.

    `standing` is what tokens stand for, by their ids and in the order of a text.

    Raises:
        InputError: as many tokens are not there; `index` is the text's place in the call.
    """
    found: dict[int, Standing] = {}
    for token, those in standing.items():
        places = np.flatnonzero(ids == token).tolist()
        if len(places) != len(those):
            raise InputError(
                f"Input {index} has {len(those)} images or parts of videos, and the template's text has "
                f"{len(places)} places for them: it leaves some out, or a text spells the token that stands "
                "for one."
            )
        found.update(zip(places, those, strict=True))
    stand = sorted(found)
    ordered = tuple(found[place] for place in stand)
    counts = np.ones(len(ids), np.int64)
    counts[stand] = [each.count for each in ordered]
    ends = np.cumsum(counts)
    begins = tuple((ends[stand] - counts[stand]).tolist())
    return Row(np.repeat(ids, counts), ordered, begins)


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
            for begin, those in zip(each.begins, each.standing, strict=True):
                at = start + begin
                for part in those.parts:
                    numbers = 1 + count * most + np.arange(len(part))
                    places[row, at : at + len(part)] = numbers
                    at += len(part)
                    count += 1
        made |= {
            name: array for name, array in ((PLACES, places), (AXES, positions)) if name in names
        }
        return made
