"""Which modality an input is of, where a model takes several. Nothing is read or decoded to find out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from isomorph.preprocess.messages.media import has_media
from isomorph.preprocess.pixels.forms import is_image
from isomorph.preprocess.sound.recognise import is_sound

RECOGNISED: Mapping[str, Callable[[Any], bool]] = {
    "image": is_image,
    "audio": is_sound,
    "message": has_media,
}
"""Whether an input of any form is of a modality, in the order in which they are asked; texts come last."""


def modality_of(value: Any, taken: Sequence[str]) -> str | None:
    """The first of the modalities that are `taken` that recognises the input; None where none does."""
    for modality, recognises in RECOGNISED.items():
        if modality in taken and recognises(value):
            return modality
    return "text" if isinstance(value, str) else None
