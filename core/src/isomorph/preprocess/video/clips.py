"""What becomes of a video: frames of one size, of which a few together are cut into patches (Qwen2-VL)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.files import limits
from isomorph.preprocess.pixels import resize
from isomorph.preprocess.pixels.packing import NARROWEST, Cells, Packs
from isomorph.preprocess.video.forms import Film, Told
from isomorph.preprocess.video.reel import Reel, opened
from isomorph.preprocess.video.sampling import USUAL_RATE, Sampling, Steps

_FLOOR = 1.05
"""Of the fewest pixels of a frame, where all frames of a video share what it may have."""
_WRITTEN = 26
"""Tokens of a time that is written, of a vocabulary of letters."""
_SHARE = 0.9
"""Of the tokens of a text that a video may take."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A video as patches: `parts`, each made of a few frames, are like images of one size."""

    parts: tuple[Cells, ...]
    seconds: tuple[float, ...]
    """When each part is shown: the middle between its first frame and its last."""
    step: float
    """Seconds from a part to the next one."""


@dataclass(frozen=True, kw_only=True)
class Clips:
    """How videos of any size become patches; a frozen dataclass that can be pickled.

    Where videos are `sampled`, `sampling` says which frames are taken, else all are.
    Frames are resized as images are, within the bounds of `packs`. With `together` these bounds hold for all
    frames of a video together (Qwen3-VL), else for each. `capped` are tokens, of which all frames have an
    even share each; None where there is no such bound.
    """

    packs: Packs = field(default_factory=Packs)
    sampling: Sampling = field(default_factory=Steps)
    sampled: bool = False
    together: bool = False
    capped: int | None = None

    @property
    def bytes(self) -> int:
        """Of one frame at most; nobody knows how many there are before a video is opened."""
        return self.packs.bytes

    def clip(self, film: Film) -> Clip:
        """The patches of a video.

        Raises:
            InputError: it cannot be read, or nothing sensible can be made of it; names the input.
            Unsupported: the library that reads videos is not installed.
        """
        with opened(film) as reel:
            with _naming(film):
                indices = self._indices(reel, film.told)
            size: tuple[int, int] | None = None
            frames = []
            for frame in reel.frames(indices):
                if size is None:
                    with _naming(film):
                        size = self.fitting(len(indices), *frame.shape[:2])
                        self._check_pixels(len(indices), size)
                frames.append(resize.resize(frame, *size, self.packs.kind))
            return self._clip(reel, film.told, indices, frames)

    def _clip(
        self, reel: Reel, told: Told, indices: NDArray[np.int64], frames: list[NDArray[np.uint8]]
    ) -> Clip:
        shown: Sequence[int] = indices.tolist()
        if not self.sampled and told.indices is not None:
            shown = told.indices
        rate = reel.rate or USUAL_RATE
        whole = self.sampled or told.indices is not None
        if whole and reel.rate is not None:  # the rate of what was taken
            rate = len(shown) / (told.total or reel.count) * reel.rate
        unit = self.packs.frames
        return Clip(self._parts(frames), self._seconds(shown, reel.rate), unit / rate)

    def _indices(self, reel: Reel, told: Told) -> NDArray[np.int64]:
        if not reel.count:
            raise InputError("is a video without a frame.")
        if not self.sampled:
            if told.indices is not None and len(told.indices) != reel.count:
                raise InputError(
                    f"has {reel.count} frames, and its frames_indices name {len(told.indices)}."
                )
            return np.arange(reel.count)
        total = told.total or reel.count
        indices = self.sampling.chosen(total, reel.rate)
        if len(indices) and indices[-1] >= reel.count:
            raise InputError(
                f"has {reel.count} frames, and its video_metadata says that it has {total}: pass all of "
                "them, or do_sample_frames=False in processor_kwargs where some were taken already."
            )
        return indices

    def _check_pixels(self, count: int, size: tuple[int, int]) -> None:
        if count * size[0] * size[1] > limits.FILM_PIXELS:
            raise InputError(
                f"is fed as {count} frames of {size[1]} x {size[0]} pixels, over {limits.FILM_PIXELS:,} "
                "together. Say fewer in processor_kwargs: num_frames or fps with do_sample_frames=True, or "
                "max_pixels."
            )

    def _parts(self, frames: list[NDArray[np.uint8]]) -> tuple[Cells, ...]:
        """Every few frames together; the last one fills up."""
        unit = self.packs.frames
        frames += [frames[-1]] * (-len(frames) % unit)
        return tuple(
            self.packs.packed(np.stack([self.packs.range.fused(f) for f in frames[i : i + unit]]))
            for i in range(0, len(frames), unit)
        )

    def _seconds(self, shown: Sequence[int], rate: float | None) -> tuple[float, ...]:
        unit = self.packs.frames
        whole = [*shown, *[shown[-1]] * (-len(shown) % unit)]
        times = [index / (rate or USUAL_RATE) for index in whole]
        return tuple((times[i] + times[i + unit - 1]) / 2 for i in range(0, len(times), unit))

    def fitting(self, count: int, height: int, width: int) -> tuple[int, int]:
        """The sides to which transformers brings so many frames (``smart_resize`` of video processors).

        Raises:
            InputError: they are too narrow, or too few.
        """
        least, most = self.packs.least, self.packs.most
        factor = self.packs.side * self.packs.merge
        if not self.together:
            if self.capped is not None:
                tokens = int(self.capped * factor * factor * _SHARE)
                share = tokens * self.packs.frames // count
                most = max(min(most, share), int(least * _FLOOR))
            return replace(self.packs, least=least, most=most).fitting(height, width)
        if not self.packs.resized:
            return self.packs.fitting(height, width)
        if self.capped is not None:
            own = min(self.capped * factor * factor, most // count)
            most = max(own, int(least * _FLOOR)) * count
        return self._fitting_together(count, (height, width), least, most)

    def _fitting_together(
        self, count: int, sides: tuple[int, int], least: int, most: int
    ) -> tuple[int, int]:
        unit, factor = self.packs.frames, self.packs.side * self.packs.merge
        if count < unit:
            raise InputError(
                f"is a video of {count} frames, and the model takes {unit} at least: pass an image."
            )
        if min(sides) < factor:
            scale = max(factor / side for side in sides)
            sides = int(sides[0] * scale), int(sides[1] * scale)
        if max(sides) > NARROWEST * min(sides):
            raise InputError(
                f"has frames of {sides[1]} x {sides[0]} pixels, whose longer side is over {NARROWEST} times "
                "the shorter one."
            )
        high, wide = (round(side / factor) * factor for side in sides)
        pixels = count * sides[0] * sides[1]
        times = round(count / unit) * unit
        if times * high * wide > most:
            beta = math.sqrt(pixels / most)
            high, wide = (max(factor, int(n / beta / factor) * factor) for n in sides)
        elif times * high * wide < least:
            beta = math.sqrt(least / pixels)
            high, wide = (math.ceil(n * beta / factor) * factor for n in sides)
        return high, wide


@contextmanager
def _naming(film: Film) -> Iterator[None]:
    """Rules know no input: what they refuse gets its index."""
    try:
        yield
    except InputError as cause:
        raise InputError(f"Input {film.index} {cause}") from cause


@dataclass(frozen=True, kw_only=True)
class Filming:
    """How the videos of a model stand among its tokens.

    `token` is the id that stands for each vector of a video. With `written` the time of each part is written
    before it, between `marks` (Qwen3-VL); then `place` is what a template writes for a video. Otherwise parts
    stand one behind the other, and `pace` positions in time pass in a second; None: one with each part.
    """

    clips: Clips
    token: int
    written: bool = False
    pace: float | None = None
    place: str = "<|video_pad|>"
    marks: tuple[str, str] = ("<|vision_start|>", "<|vision_end|>")

    def times(self, clip: Clip) -> tuple[int, ...]:
        """The positions of the parts in time, from that of the first one on."""
        parts = np.arange(len(clip.parts))
        if self.pace is None:
            return tuple(parts.tolist())
        step = np.float32(clip.step) * np.float32(self.pace)  # in float32, as transformers counts
        return tuple((parts.astype(np.float32) * step).astype(np.int64).tolist())

    def told(self, text: str, clips: Sequence[Clip], index: int) -> str:
        """A rendered text with what is written of its videos in their places.

        transformers writes it from 5.23 on between a second pair of marks, which no model was trained with.

        Raises:
            InputError: as many places as videos are not there; `index` is the text's place in the call.
        """
        if not self.written:
            return text
        begin, end = self.marks
        whole = f"{begin}{self.place}{end}"
        pieces = text.replace(whole, self.place).split(self.place)
        if len(pieces) != len(clips) + 1:
            raise InputError(
                f"Input {index} has {len(clips)} videos, and the template's text has {len(pieces) - 1} "
                "places for them: it leaves some out, or a text spells the token that stands for one."
            )
        said = ["".join(f"<{at:.1f} seconds>{whole}" for at in clip.seconds) for clip in clips]
        return "".join(part for pair in zip(pieces, [*said, ""], strict=True) for part in pair)

    def few(self, size: tuple[int, int], tokens: int) -> int:
        """Frames of this (height, width) of a video of two parts, or one, with so many tokens at most.

        0 where one part takes more: the bounds of the pixels of a video may be far above a small image.
        """
        packs = self.clips.packs
        cell = (packs.side * packs.merge) ** 2
        for parts in (2, 1):
            count = parts * packs.frames
            height, width = self.clips.fitting(count, *size)
            if parts * (height * width // cell + _WRITTEN * self.written) <= tokens:
                return count
        return 0
