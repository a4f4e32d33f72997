"""Images as inputs of a chain, and what prepares them: decoded and resized ahead of the forwards."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from isomorph.errors import InputError
from isomorph.machine.crew import Outcome
from isomorph.preprocess.fetch import OPTION, Fetch
from isomorph.preprocess.inputs import is_single
from isomorph.preprocess.items import ItemInputs, ItemPreparer
from isomorph.preprocess.pixels.crew import outcomes
from isomorph.preprocess.pixels.decode import decoded, refuse_without_pillow
from isomorph.preprocess.pixels.forms import Picture, is_image, picture
from isomorph.preprocess.pixels.prepared import FixedImages, PackedImages
from isomorph.preprocess.pixels.processor import Fixed, Natural, Processor
from isomorph.preprocess.protocol import Prepared, Treatment
from isomorph.primitives.program import VALUES, Feed

IN_FLIGHT = 64 << 20
"""Bytes of pixels that wait for their forward at most: those of two windows."""


@dataclass(frozen=True)
class Images(ItemInputs):
    """Images in any form. `leading` vectors stand before those of `side` x `side` pixels.

    `places` are the rows and columns of stored positions where each image has a grid of its own. `fetch` is
    how images come from addresses, if they may.
    """

    processor: Processor = field(default_factory=Fixed)
    side: int = 16
    leading: int = 0
    places: tuple[int, int] = (0, 0)
    fetch: Fetch | None = None
    modality = "image"
    unit = "patches"
    window = IN_FLIGHT // 2
    options = (OPTION,)

    @property
    def positions(self) -> int:
        """Vectors that the tower makes of an image at most."""
        if isinstance(self.processor, Natural):
            return self.processor.most
        height, width = self.processor.size
        return self.leading + (height // self.side) * (width // self.side)

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Pixels of one size, and a mask that hides none; or patches, with a mask and their places."""
        own: dict[str, Feed]
        if isinstance(self.processor, Natural):
            features = 3 * self.processor.side**2
            stored = self.places[0] * self.places[1]
            own = {
                "pixel_values": Feed("float32", ("rows", "width", features)),
                "pixel_attention_mask": VALUES["attention_mask"],
                "patch_places": Feed("float32", ("rows", "width", stored)),
                "spatial_shapes": Feed("int64", ("rows", 2)),
            }
        else:
            own = {"pixel_values": Feed("float32", ("rows", 3, *self.processor.size))}
            own["attention_mask"] = Feed("int64", ("rows", self.positions))
        return {name: feed for name, feed in own.items() if name in names}

    def changed(self, options: Mapping[str, Any]) -> Images:
        """With the user's word on addresses."""
        return replace(self, fetch=Fetch.read(options.get(OPTION)))

    def is_single(self, inputs: Any) -> bool:
        """A list or a tuple is a batch, unless it is a conversation; whatever has no order is one input."""
        return is_single(inputs) or is_image(inputs)

    def item(self, value: Any, index: int) -> Picture:
        """The image as it was passed; nothing is decoded."""
        found = picture(value, index, self.fetch)
        refuse_without_pillow(found)
        return found

    def keys(self, items: Sequence[Any]) -> Sequence[Hashable]:
        """Files by their path, bytes by what they are, and objects by themselves."""
        return [each.key for each in items]

    def cost(self, item: Any, max_length: int | None = None) -> int:
        """The bytes that its pixels are fed as."""
        return self.processor.bytes

    def memory(self, count: int, longest: int) -> int:
        """The pixels of two windows."""
        return min(count * self.processor.bytes, IN_FLIGHT)

    def sample(self, length: int, seed: int = 0) -> Picture:
        """Colours that change slowly, with noise."""
        return sample_picture(seed)

    def preparer(self) -> ImagePreparer:
        """There is nothing to load."""
        return ImagePreparer(self)


def sample_picture(seed: int, size: tuple[int, int] = (48, 64)) -> Picture:
    """An image of (height, width), the same for the same seed: slowly changing colours, with noise."""
    rng = np.random.default_rng(seed)
    height, width = size
    waves = np.add.outer(np.arange(height), np.arange(width))[:, :, None] * rng.uniform(
        0.05, 0.4, 3
    )
    noise = rng.normal(scale=12, size=(height, width, 3))
    return Picture(np.clip(127 + 100 * np.sin(waves) + noise, 0, 255).astype(np.uint8), 0)


class ImagePreparer(ItemPreparer):
    """Decodes and resizes, several images at once: Pillow and numpy let other threads run meanwhile."""

    def __init__(self, inputs: Images) -> None:
        self._inputs = inputs
        self.native = inputs.processor

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> Prepared:
        """The pixels of some images.

        Raises:
            InputError: an image cannot be read; names the first one of them.
        """
        made = self.numbers(items, how)
        inputs = self._inputs
        if isinstance(inputs.processor, Natural):
            lengths = np.array([len(each.patches) for each in made], np.int64)
            return PackedImages(lengths, made, inputs.places)
        return FixedImages(np.full(len(made), inputs.positions, np.int64), made)

    def numbers(self, items: Sequence[Any], how: Treatment) -> list[Any]:
        """What the processor makes of each image.

        Raises:
            InputError: an image cannot be read; names the first one of them.
        """
        return [self._kept(*done, how) for done in enumerate(outcomes(self._numbers, items))]

    def _kept(self, place: int, outcome: Outcome[Any], how: Treatment) -> Any:
        """The numbers of an image; of a bad one that the call spares, those of another."""
        try:
            return outcome.result()
        except InputError as cause:
            if how.spare is None:
                raise
            how.spare(place, cause)
            return self._numbers(self._inputs.sample(1))

    def _numbers(self, item: Picture) -> Any:
        image = decoded(item)
        try:
            return self._inputs.processor.numbers(image)
        except InputError as cause:
            raise InputError(f"Input {item.index} {cause}") from cause
