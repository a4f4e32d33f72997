"""Files of videos, read by PyAV: counted first, then decoded frame by frame.

A file is opened here and not by its name, and only as one of `FORMATS`: others of FFmpeg's open further
files and addresses that a file names. What a file says of turning is done, as of images.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError, Unsupported
from isomorph.files import limits
from isomorph.machine.optional import Library
from isomorph.messages.shown import path_shown
from isomorph.preprocess.outside import Outside
from isomorph.preprocess.pixels.processor import Image
from isomorph.preprocess.video.forms import Film
from isomorph.preprocess.video.reel import Reel
from isomorph.preprocess.video.upright import upright

FORMATS = ("mov", "mp4", "matroska", "webm", "avi", "flv", "asf", "mpeg", "mpegts", "ogg", "gif")
"""Containers that are read, by the names that FFmpeg has for them."""
PYAV = Library(
    "av",
    "Reading videos takes PyAV (the library av)",
    "isomorph-core[video]",
    "Frames as an array need no library.",
)
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)


def refuse_without_av(film: Film) -> None:
    """Where a file is to be read.

    Raises:
        Unsupported: PyAV is not installed; says the command that installs it.
    """
    if not isinstance(film.source, np.ndarray | tuple | Outside):
        PYAV.refuse_without()


@contextmanager
def opened_file(source: BinaryIO | str, film: Film) -> Iterator[Reel]:
    """A file of a video, until it is closed; `film` is what was passed, for errors.

    Raises:
        InputError: it is none, a damaged one, or a larger one than is read; names the input.
        Unsupported: PyAV is not installed.
    """
    PYAV.module()
    file = _File(source, film)
    with file.telling():
        stream = os.fdopen(os.open(source, _FLAGS), "rb") if isinstance(source, str) else source
    with stream:
        with file.telling():
            file.count_frames(stream)
        yield file


class _File:
    """A `Reel`. Its frames are those that its packets hold, whatever its header says."""

    def __init__(self, source: BinaryIO | str, film: Film) -> None:
        self._where = f" ({path_shown(source)})" if isinstance(source, str) else ""
        self._index = film.index
        self._ends = time.monotonic() + limits.DECODING
        self._stream: BinaryIO
        self.count = 0
        self.rate: float | None = None

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Errors of PyAV become ours."""
        try:
            yield
        except (InputError, Unsupported):
            raise
        except Exception as cause:  # what FFmpeg meets in a damaged file has many classes
            said = str(cause).partition(": '")[0] or type(cause).__name__
            raise self._refusal(f"is no video that can be read: {said}") from cause

    def count_frames(self, stream: BinaryIO) -> None:
        """Looks at all packets; decodes nothing."""
        self._stream = stream
        with self._opened() as (container, video):
            self._check(container, video)
            found = dropped = 0
            begin, end = math.inf, -math.inf
            for packet in container.demux(video):
                if packet.size:
                    found += 1
                    dropped += bool(packet.is_discard)
                    if packet.pts is not None and not packet.is_discard:
                        begin = min(begin, packet.pts)
                        end = max(end, packet.pts + (packet.duration or 0))
                if found > limits.FILM_FRAMES:
                    raise self._refusal(f"has over {limits.FILM_FRAMES:,} frames")
                self._on_time()
            if found < video.frames:
                raise self._refusal(
                    f"is cut off: it says that it has {video.frames} frames, and {found} are there"
                )
            self.count = found - dropped
            said = float(video.average_rate) if video.average_rate else None
            lasts = float((end - begin) * video.time_base) if end > begin else 0.0
            self.rate = _mean_rate(said, self.count, lasts)

    def frames(self, indices: NDArray[np.int64]) -> Iterator[Image]:
        """Frames in the order in which they are shown, as far as the last one that is wanted."""
        wanted = indices.tolist()
        times = {index: wanted.count(index) for index in dict.fromkeys(wanted)}
        shape: tuple[int, ...] = ()
        with self.telling():
            self._stream.seek(0)
            with self._opened() as (container, video):
                for place, frame in enumerate(container.decode(video)):
                    self._on_time()
                    if place in times:
                        image = self._pixels(frame)
                        shape = shape or image.shape
                        if image.shape != shape:
                            raise self._refusal("has frames of different sizes")
                        for _ in range(times.pop(place)):
                            yield image
                    if not times:
                        return
        raise self._refusal(f"has no frame {next(iter(times))} that can be decoded")

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, Any]]:
        av, options = PYAV.module(), {"format_whitelist": ",".join(FORMATS)}
        with av.open(self._stream, "r", options=options) as container:
            if not container.streams.video:
                raise self._refusal("is a file without a video")
            video = container.streams.video[0]
            video.codec_context.options = {"max_pixels": str(limits.PIXELS)}
            yield container, video

    def _check(self, container: Any, video: Any) -> None:
        """Refuses what its header says is larger than anything that is read."""
        width, height = video.width or 0, video.height or 0
        if width * height > limits.PIXELS or max(width, height) > limits.SIDE:
            raise self._refusal(
                f"has frames of {width} x {height} pixels; at most {limits.PIXELS:,} are read, and "
                f"{limits.SIDE:,} of a side"
            )
        lasts = (container.duration or 0) / 1_000_000  # FFmpeg counts microseconds
        if lasts > limits.FILM_SECONDS:
            raise self._refusal(
                f"lasts {lasts:.0f} seconds; at most {limits.FILM_SECONDS:,} are read"
            )

    def _on_time(self) -> None:
        if time.monotonic() > self._ends:
            raise self._refusal(
                f"takes longer than {limits.DECODING} seconds to be decoded: pass a shorter one, or the "
                "frames that are wanted"
            )

    def _pixels(self, frame: Any) -> Image:
        """Red, green and blue of a frame, as it is meant to be seen."""
        if frame.is_corrupt:
            raise self._refusal("is damaged")
        image = upright(frame)
        if image is None:
            raise self._refusal(
                f"is turned by {frame.rotation} degrees; quarters of a turn are done"
            )
        return image

    def _refusal(self, why: str) -> InputError:
        return InputError(f"Input {self._index}{self._where} {why}.")


def _mean_rate(said: float | None, count: int, lasts: float) -> float | None:
    """Frames a second: what the header says, unless time stamps of so many frames tell another story.

    Headers of files whose rate changes often name the unit of time instead, such as 1,000 a second.
    """
    if count < 2 or lasts <= 0 or (said is not None and abs(said * lasts - count) <= 1):
        return said
    return count / lasts
