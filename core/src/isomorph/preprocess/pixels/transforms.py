"""Images as a chain of transforms treats opened ones, resized as Pillow does (open CLIP, Jina CLIP).

Transforms: Resize, CenterCrop, ToTensor, Normalize. They differ from the image processors of transformers
in the bits of a resize's weights, in the place of an odd crop, and in dividing by 255 before all else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.files import limits
from isomorph.files.schema import TEXT, Either, ListOf, Number, Schema, Whole, judge, maybe
from isomorph.preprocess.pixels import resize
from isomorph.preprocess.pixels.processor import Floats, Image

NAME = "JinaCLIPImageProcessor"
_SIDE = Whole(1, limits.SIDE_FED)
_MEAN, _DEVIATION = Number(-1e6, 1e6, closed=True), Number(0, 1e6)
SCHEMA: Schema = {
    "size": Either((_SIDE, ListOf(_SIDE, 2, 2))),
    "mean": Either((ListOf(_MEAN, 3, 3), _MEAN)),
    "std": Either((ListOf(_DEVIATION, 3, 3), _DEVIATION)),
    **dict.fromkeys(("resize_mode", "interpolation"), TEXT),
    "fill_color": maybe(Number(0, 255, closed=True)),
}
_DEFAULTS = {
    "size": 224, "mean": [0.48145466, 0.4578275, 0.40821073], "resize_mode": "shortest",
    "std": [0.26862954, 0.26130258, 0.27577711], "interpolation": "bicubic",
}  # fmt: skip
_UNREAD = ("auto_map", "image_processor_type", "processor_class", "feature_extractor_type")
_FILTERS = ("bicubic", "bilinear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformed:
    """Every image becomes a square of `side` pixels: its middle, or `squashed` all of it."""

    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    kind: str = "bicubic"
    squashed: bool = False

    @property
    def size(self) -> tuple[int, ...]:
        """The square."""
        return self.side, self.side

    @property
    def bytes(self) -> int:
        """Three channels of float32."""
        return 12 * self.side * self.side

    def numbers(self, image: Image) -> Floats:
        """float32 (3, side, side).

        Raises:
            InputError: the image is so narrow that it would become too long.
        """
        height, width = self._resized(*image.shape[:2])
        window = self._middle(height), self._middle(width)
        pixels = resize.resize(image, height, width, self.kind, window, bits=resize.PILLOW)
        scaled = pixels.astype(np.float32) / np.float32(255)
        mean, std = (np.array(each, np.float32)[:, None, None] for each in (self.mean, self.std))
        return np.ascontiguousarray((scaled - mean) / std)

    def _resized(self, height: int, width: int) -> tuple[int, int]:
        if self.squashed:
            return self.side, self.side
        short, long = sorted((height, width))
        other = int(self.side * long / short)
        if other > limits.SIDE:
            raise InputError(
                f"of {width} x {height} pixels is so narrow that it would be {other} pixels long where its "
                f"shorter side has {self.side}."
            )
        return (other, self.side) if width <= height else (self.side, other)

    def _middle(self, there: int) -> slice:
        """The positions that are kept; a half goes to the even side, as Python rounds."""
        start = round((there - self.side) / 2)
        return slice(start, start + self.side)


def transformed(said: Mapping[str, Any], where: str) -> Transformed:
    """What a file with this class says.

    Raises:
        BadModel: a value is not of its kind.
        Unsupported: an option is not done.
    """
    judge(said, SCHEMA, where)
    unknown = sorted(set(said) - set(SCHEMA) - set(_UNREAD))
    if unknown:
        raise Unsupported(f"{where} sets {unknown[0]}={said[unknown[0]]!r}, which is not done.")
    given = {**_DEFAULTS, **said}
    size = given["size"]
    side = size if isinstance(size, int) else size[0]
    if size not in (side, [side, side]):
        raise Unsupported(f"{where} sets size={size!r}; what is done: squares.")
    for name, known in (("resize_mode", ("shortest", "squash")), ("interpolation", _FILTERS)):
        if given[name] not in known:
            raise Unsupported(
                f"{where} sets {name}={given[name]!r}; what is done: {' and '.join(known)}."
            )
    mean, std = (_three(given[name]) for name in ("mean", "std"))
    if not all(std):
        raise BadModel(f"{where} sets std={given['std']!r}, by which nothing can be divided.")
    return Transformed(
        side=side,
        mean=mean,
        std=std,
        kind=given["interpolation"],
        squashed=given["resize_mode"] == "squash",
    )


def _three(value: Any) -> tuple[float, ...]:
    return tuple(map(float, value)) if isinstance(value, list) else (float(value),) * 3
