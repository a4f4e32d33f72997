"""What becomes of a decoded image, as data: another size, a part of it, numbers in another range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.files import limits
from isomorph.preprocess.pixels import resize
from isomorph.preprocess.pixels.resize_floats import resize_floats

Image = NDArray[np.uint8]
"""A decoded image: uint8 (height, width, 3), red, green and blue."""
Floats = NDArray[np.float32]


class Processor(Protocol):
    """How images of any size become what a tower is fed. A frozen dataclass that can be pickled."""

    @property
    def size(self) -> tuple[int, ...]:
        """Pixels (height, width) of every result; () where every image keeps a size of its own."""

    @property
    def bytes(self) -> int:
        """Bytes of a result at most."""

    def numbers(self, image: Image) -> Any:
        """The numbers of one image.

        Raises:
            InputError: nothing sensible can be made of an image of its size.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """uint8 to float32: times `factor`, then minus `mean`, divided by `std`, each for a channel.

    transformers computes both at once, in float32: (x - mean / factor) / (std / factor).
    """

    factor: float | None = 1 / 255
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def fused(self, image: Image) -> Floats:
        """Of uint8 (C, H, W)."""
        if self.mean is None or self.std is None:
            return self.scaled(image)
        factor = np.float32(1.0 if self.factor is None else 1.0 / self.factor)
        mean, std = (np.array(each, np.float32) * factor for each in (self.mean, self.std))
        return np.asarray((image.astype(np.float32) - mean[:, None, None]) / std[:, None, None])

    def scaled(self, image: Image) -> Floats:
        """Of uint8 (C, H, W), times `factor` alone."""
        whole = image.astype(np.float32)
        return whole if self.factor is None else whole * np.float32(self.factor)

    def normalised(self, image: Floats) -> Floats:
        """Of float32 (C, H, W) that `scaled` gave."""
        if self.mean is None or self.std is None:
            return image
        mean, std = (np.array(each, np.float32)[:, None, None] for each in (self.mean, self.std))
        return (image - mean) / std


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """Every image becomes one of the same size.

    `shortest` makes the shorter side so long and keeps the proportions; `exact` is (height, width),
    whatever the proportions were. `crop` is (height, width) of the middle that is kept; where the image
    is smaller, zeros stand around it. With `rescaled_first` the resized numbers are floats (DINOv3), if
    they are rescaled at all.
    """

    shortest: int | None = None
    exact: tuple[int, int] | None = None
    kind: str = "bicubic"
    crop: tuple[int, int] | None = None
    range: Range = Range()
    rescaled_first: bool = False

    @property
    def size(self) -> tuple[int, ...]:
        """As `crop` says, or `exact`."""
        found = self.crop or self.exact
        assert found is not None
        return found

    @property
    def bytes(self) -> int:
        """Three channels of float32."""
        return 12 * self.size[0] * self.size[1]

    def numbers(self, image: Image) -> Floats:
        """float32 (3, height, width)."""
        height, width = self._resized(*image.shape[:2])
        window = self._window(height, width)
        if self.rescaled_first and self.range.factor is not None:
            whole = self.range.scaled(image.transpose(2, 0, 1))
            part = resize_floats(whole, height, width, self.kind)[:, window[0], window[1]]
            return np.ascontiguousarray(self.range.normalised(self._padded(part)))
        pixels = resize.resize(image, height, width, self.kind, window)
        return self.range.fused(self._padded(pixels))

    def _resized(self, height: int, width: int) -> tuple[int, int]:
        """Height and width after resizing."""
        if self.exact is not None:
            return self.exact
        if self.shortest is None:
            return height, width
        short, long = sorted((height, width))
        other = int(self.shortest * long / short)
        if other > limits.SIDE:
            raise InputError(
                f"of {width} x {height} pixels is so narrow that it would be {other} pixels long where its "
                f"shorter side has {self.shortest}."
            )
        return (other, self.shortest) if width <= height else (self.shortest, other)

    def _window(self, height: int, width: int) -> tuple[slice, slice]:
        """The rows and columns that are kept."""
        if self.crop is None:
            return slice(0, height), slice(0, width)
        rows, columns = (_middle(*each) for each in zip((height, width), self.crop, strict=True))
        return rows, columns

    def _padded(self, part: NDArray[Any]) -> NDArray[Any]:
        """With zeros around it where it is smaller than the crop; above and left the smaller half."""
        if self.crop is None or part.shape[1:] == self.crop:
            return part
        lack = [wanted - there for wanted, there in zip(self.crop, part.shape[1:], strict=True)]
        return np.pad(part, ((0, 0), *((each // 2, each - each // 2) for each in lack)))


def _middle(there: int, wanted: int) -> slice:
    if there <= wanted:
        return slice(0, there)
    start = (there - wanted) // 2
    return slice(start, start + wanted)


@dataclass(frozen=True, slots=True)
class Packed:
    """An image as rows of its patches (patches, features), and the grid that they make."""

    patches: Floats
    grid: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Natural:
    """Every image keeps its proportions, and is cut into at most `most` patches (SigLIP 2 NaFlex).

    Its sides become multiples of `side`, as long as that many patches allow.
    """

    side: int = 16
    most: int = 256
    kind: str = "bilinear"
    range: Range = Range()

    @property
    def size(self) -> tuple[int, ...]:
        """Every image has its own."""
        return ()

    @property
    def bytes(self) -> int:
        """All patches, three channels of float32."""
        return 12 * self.side * self.side * self.most

    def numbers(self, image: Image) -> Packed:
        """The patches in rows from left to right; each is (y, x, channel)."""
        height, width = self._fitting(*image.shape[:2])
        pixels = self.range.fused(resize.resize(image, height, width, self.kind))
        rows, columns = height // self.side, width // self.side
        split = pixels.reshape(3, rows, self.side, columns, self.side).transpose(1, 3, 2, 4, 0)
        return Packed(np.ascontiguousarray(split.reshape(rows * columns, -1)), (rows, columns))

    def _fitting(self, height: int, width: int, eps: float = 1e-5) -> tuple[int, int]:
        """The greatest sides whose patches are not too many, as transformers finds them by halving."""
        low, high = eps / 10, 100.0
        while high - low >= eps:
            middle = (low + high) / 2
            rows, columns = (self._whole(middle * each) for each in (height, width))
            if rows * columns <= self.most:
                low = middle
            else:
                high = middle
        return self._whole(low * height) * self.side, self._whole(low * width) * self.side

    def _whole(self, pixels: float) -> int:
        """Patches that so many pixels take, at least one."""
        return max(1, math.ceil(pixels / self.side))
