"""Pages as inputs: each becomes a text with an image in it, and is fed as its ids and its pixels."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.seeing.seen import PLACES
from isomorph.encoders.tower import Writing
from isomorph.errors import BadModel
from isomorph.machine.lazy import lazy
from isomorph.preprocess.items import ItemInputs, ItemPreparer, Items
from isomorph.preprocess.pixels.forms import Picture
from isomorph.preprocess.pixels.inputs import Images
from isomorph.preprocess.pixels.tiles import Tiled, Tiles, as_tiled
from isomorph.preprocess.protocol import Prepared, Treatment
from isomorph.preprocess.text import Text
from isomorph.primitives.program import VALUES, Feed


@dataclass(frozen=True)
class Pages(ItemInputs):
    """Images in any form, in the words that `writing` puts around them, which are read as `text` says."""

    images: Images = field(default_factory=Images)
    text: Text = field(default_factory=Text)
    writing: Writing = field(default=Writing(query=("", ""), page=("", ""), image="", count=0))
    modality = "image"
    unit = "tokens"

    @property
    def several(self) -> bool:
        """Whether an image may be several tiles."""
        return isinstance(self.images.processor, Tiles)

    @property
    def window(self) -> int:  # type: ignore[override]
        """As of the images alone."""
        return self.images.window

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Ids with a mask, pixels, and which vector of an image a position takes."""
        words = {name: VALUES[name] for name in ("input_ids", "attention_mask")}
        pixels = self.images.feeds(("pixel_values",))
        if self.several:
            height, width = self.images.processor.size
            pixels = {"pixel_values": Feed("float32", ("rows", "tiles", 3, height, width))}
        own = {**words, **pixels, PLACES: VALUES["input_ids"]}
        return {name: feed for name, feed in own.items() if name in names}

    def is_single(self, inputs: Any) -> bool:
        """As of the images alone."""
        return self.images.is_single(inputs)

    def item(self, value: Any, index: int) -> Picture:
        """The image as it was passed; nothing is decoded."""
        return self.images.item(value, index)

    def keys(self, items: Sequence[Any]) -> Sequence[Hashable]:
        """As of the images alone."""
        return self.images.keys(items)

    def cost(self, item: Any, max_length: int | None = None) -> int:
        """The bytes that its pixels are fed as."""
        return self.images.cost(item)

    def memory(self, count: int, longest: int) -> int:
        """The pixels of two windows."""
        return self.images.memory(count, longest)

    def sample(self, length: int, seed: int = 0) -> Picture:
        """A made-up image."""
        return self.images.sample(length, seed)

    def preparer(self) -> PagePreparer:
        """The tokenizer, and what decodes and resizes.

        Raises:
            BadModel: the tokenizer cannot be read, or makes other tokens of an image than the model takes.
        """
        return PagePreparer(self)


class PagePreparer(ItemPreparer):
    """Pixels as `ImagePreparer` makes them, beside the ids of the words around them."""

    def __init__(self, inputs: Pages) -> None:
        self._inputs = inputs
        self._images = inputs.images.preparer()
        self._texts = inputs.text.preparer()
        self._known: dict[tuple[int, int], NDArray[np.int64]] = {}
        self.native = self._texts.native

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> Prepared:
        """Ids and pixels of some pages.

        Raises:
            InputError: an image cannot be read; names the first one of them.
        """
        made = [as_tiled(each) for each in self._images.numbers(items, how)]
        ids = tuple(self._ids(each.grid) for each in made)
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        return PreparedPages(lengths, ids, made, self._image, self._inputs.several)

    @lazy
    def _image(self) -> int:
        """The id of the token of an image.

        Raises:
            BadModel: the tokenizer has no such token, or under another id than the model.
        """
        token, number = self._inputs.writing.image, self._inputs.writing.number
        found = self.native.token_to_id(token)
        if found is None:
            raise BadModel(f"The tokenizer has no token {token!r}, which stands for images.")
        if number not in (None, found):
            raise BadModel(
                f"The tokenizer gives the token {token!r} of images the id {found}, and config.json says "
                f"{number}: the tokenizer belongs to another model."
            )
        return int(found)

    def _ids(self, grid: tuple[int, int]) -> NDArray[np.int64]:
        """Those of every page with such a grid of tiles; pages of one grid differ in their pixels only.

        Raises:
            BadModel: the tokenizer does not make a token of each that stands for a vector.
        """
        if grid in self._known:
            return self._known[grid]
        writing = self._inputs.writing
        ids = self._texts.prepare([writing.text(*grid)], Treatment()).ids[0]
        found, wanted = int((ids == self._image).sum()), writing.count * (grid[0] * grid[1] + 1)
        if found != wanted:
            raise BadModel(
                f"The tokenizer makes {found} tokens {writing.image!r} of a page, and the model has {wanted} "
                "vectors of its image."
            )
        self._known[grid] = ids
        return ids


@dataclass(frozen=True, slots=True)
class PreparedPages(Items):
    """Pages. `image` is the id of an image's tokens; with `several` pixels have an axis of tiles."""

    words: Sequence[NDArray[np.int64]]
    images: Sequence[Tiled]
    image: int
    several: bool

    @property
    def ids(self) -> Sequence[NDArray[np.int64]]:
        """Token ids."""
        return self.words

    @property
    def indices(self) -> Mapping[str, Sequence[NDArray[Any]]]:
        """Ids index the table of words."""
        return {"input_ids": self.words}

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Ids, a mask, pixels, and for each image token the number of a vector among those of all images.

        Blank rows are the first page again.
        """
        rows = [*rows, *[rows[0]] * blank]
        count, most = len(rows), max(len(self.images[index].tiles) for index in rows)
        ids, mask, places = (np.zeros((count, width), np.int64) for _ in range(3))
        pixels = np.zeros((count, most, *self.images[rows[0]].tiles.shape[1:]), np.float32)
        for row, index in enumerate(rows):
            words, tiles = self.words[index], self.images[index].tiles
            ids[row, : len(words)] = words
            mask[row, : len(words)] = 1
            here = np.flatnonzero(words == self.image)
            first = row * most * (len(here) // len(tiles))
            places[row, here] = 1 + first + np.arange(len(here))
            pixels[row, : len(tiles)] = tiles
        made: dict[str, NDArray[Any]] = {
            "input_ids": ids,
            "attention_mask": mask,
            "pixel_values": pixels if self.several else pixels[:, 0],
            PLACES: places,
        }
        return {name: made[name] for name in names}
