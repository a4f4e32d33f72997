"""The user's word on inputs beneath what a module asks of its processor: who counts in place of whom.

A processor is made with ``processor_kwargs`` and called with ``processing_kwargs``, so the second count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.modules.processing import without
from isomorph.preprocess.protocol import Inputs

Options = Mapping[str, Any]

_AREAS = ("min_pixels", "max_pixels")
_FREQUENCY = ("fps", "num_frames")
"""Two ways to say how many frames are taken; who says one takes back the other."""
_SAMPLES = "do_sample_frames"
_SAMPLED = (*_FREQUENCY, _SAMPLES, "min_frames", "max_frames")


def changed_beneath(
    inputs: Inputs, options: Options, asked: Mapping[str, Options | None]
) -> Inputs:
    """Inputs with the user's `options`, but for those that ``processing_kwargs`` (`asked`) say too.

    Raises:
        InputError: a value that cannot be.
    """
    text = {**(asked.get("common") or {}), **(asked.get("text") or {})}
    image, video = asked.get("image") or {}, asked.get("video") or {}
    cuts = text.get("max_length") is not None
    known = without(options, "model_max_length") if cuts else options
    known = _beneath_video(known, video)
    if not set(known) & set(_AREAS):
        return inputs.changed(known) if known else inputs
    found = inputs.changed(without(known, *_areas(image)))
    if _areas(image) == _areas(video) or not hasattr(found, "filming"):
        return found
    of_videos: Any = inputs.changed(without(known, *_areas(video)))
    return replace(found, filming=of_videos.filming)  # type: ignore[type-var]


def _beneath_video(options: Options, video: Options) -> Options:
    """Without what a module says of frames; whether any are taken stays its word."""
    said = {name for name in _SAMPLED if video.get(name) is not None}
    if not said or not set(options) & set(_SAMPLED):
        return options
    if said & set(_FREQUENCY):
        said |= set(_FREQUENCY)
    known = without(options, *said)
    if _SAMPLES in said and set(known) & set(_FREQUENCY):
        return {**known, _SAMPLES: video[_SAMPLES]}
    return known


def _areas(said: Options) -> tuple[str, ...]:
    """The bounds of pixels that are said; a `size` leaves those of the user, as in transformers."""
    return tuple(name for name in _AREAS if said.get(name) is not None)
