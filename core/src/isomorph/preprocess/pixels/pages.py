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
    def window(self) -> int:  # type: ignore[override]
        """As of the images alone."""
        return self.images.window

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Ids with a mask, the pixels of one image a page, and which vector of an image a position takes."""
        words = {name: VALUES[name] for name in ("input_ids", "attention_mask")}
        own = {**words, **self.images.feeds(("pixel_values",)), PLACES: VALUES["input_ids"]}
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
        self.native = self._texts.native

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> Prepared:
        """Ids and pixels of some pages.

        Raises:
            InputError: an image cannot be read; names the first one of them.
        """
        ids = self._ids
        pixels = self._images.prepare(items, how, first)
        lengths = np.full(len(items), len(ids), np.int64)
        return PreparedPages(lengths, ids, self._image, self._inputs.writing.count, pixels)

    @lazy
    def _image(self) -> int:
        """The id of the token of an image."""
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

    @lazy
    def _ids(self) -> NDArray[np.int64]:
        """Those of every page, which differ in their pixels only."""
        writing = self._inputs.writing
        before, behind = writing.page
        text = f"{before}{writing.image * writing.count}{behind}"
        ids = self._texts.prepare([text], Treatment()).ids[0]
        found = int((ids == self._image).sum())
        if found != writing.count:
            raise BadModel(
                f"The tokenizer makes {found} tokens {writing.image!r} of a page, and the model takes "
                f"{writing.count} vectors of each image."
            )
        return ids


@dataclass(frozen=True, slots=True)
class PreparedPages(Items):
    """Pages of equal words. `image` is the id of an image's tokens, of which each page has `count`."""

    words: NDArray[np.int64]
    image: int
    count: int
    pixels: Prepared

    @property
    def ids(self) -> Sequence[NDArray[np.int64]]:
        """Of every page the same."""
        return [self.words] * len(self.lengths)

    @property
    def indices(self) -> Mapping[str, Sequence[NDArray[Any]]]:
        """Ids index the table of words."""
        return {"input_ids": self.ids}

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Ids, a mask, pixels, and for each image token the number of a vector among those of all images."""
        count, length = len(rows) + blank, len(self.words)
        ids = np.zeros((count, width), np.int64)
        ids[:, :length] = self.words
        mask = np.zeros((count, width), np.int64)
        mask[:, :length] = 1
        places = np.zeros((count, width), np.int64)
        here = np.flatnonzero(self.words == self.image)
        places[:, here] = 1 + np.arange(count * self.count).reshape(count, self.count)
        made: dict[str, NDArray[Any]] = {"input_ids": ids, "attention_mask": mask, PLACES: places}
        if "pixel_values" in names:
            made |= self.pixels.feeds(rows, width, blank, ("pixel_values",))
        return {name: made[name] for name in names}
