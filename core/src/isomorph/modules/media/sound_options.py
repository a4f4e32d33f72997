"""What ``processing_kwargs`` of a folder say of its sounds: nothing that an extractor would do otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import BadModel, Unsupported
from isomorph.modules.processing import PROCESSING

_PARTS = ("common", "audio")
"""The parts of ``processing_kwargs`` that are about sounds."""
_SAME: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "WhisperFeatureExtractor": {
        "padding": ("max_length",),
        "truncation": (True,),
        "do_normalize": (False, None),
    },
    "Wav2Vec2FeatureExtractor": {
        "padding": (True, False, "longest"),
        "truncation": (False, None),
        "do_normalize": (True,),
    },
}
"""Of each class the values of options with which a sound alone is heard as without them."""
_FORM = ("return_tensors", "return_attention_mask")
"""Options that change the form of arrays, or a mask that hides nothing of a sound alone."""


def refuse_other_sounds(
    settings: Mapping[str, Any], extractor: Mapping[str, Any], kind: str, place: str
) -> None:
    """Refuses settings that have sounds treated otherwise than the files of their extractor say.

    Args:
        settings: those of the module.
        extractor: what the extractor's file says, which wins over the defaults of its class.
        kind: that class.
        place: what errors call the folder.

    Raises:
        Unsupported: names the option and its value.
        BadModel: the options are no object.
    """
    asked = settings.get(PROCESSING) or {}
    if not isinstance(asked, Mapping):
        raise BadModel(f"{place}: {PROCESSING} is {asked!r}, and no object.")
    for part in _PARTS:
        options = asked.get(part) or {}
        if not isinstance(options, Mapping):
            raise BadModel(f"{place}: {PROCESSING} of {part} is {options!r}, and no object.")
        for name, value in options.items():
            same = (extractor[name],) if name in extractor else _SAME[kind].get(name, (None,))
            if value not in same:
                _refuse(name, value, part, place)


def refuse_unlike(asked: Mapping[str, Any], extractor: Mapping[str, Any], place: str) -> None:
    """Refuses what a tower's settings say of sounds, but for padding and what its extractor says too.

    Raises:
        Unsupported: names the option and its value.
    """
    for name, value in asked.items():
        same = value is None or (name in extractor and extractor[name] == value)
        if name != "padding" and not same:
            _refuse(name, value, "audio", place)


def _refuse(name: str, value: Any, part: str, place: str) -> None:
    """Refuses what a sound would be heard otherwise with: all but the form of arrays."""
    if name not in _FORM:
        raise Unsupported(
            f"{place}: {PROCESSING} of {part} set {name}={value!r}, which is not done."
        )
