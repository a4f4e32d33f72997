"""``processing_kwargs`` of one call: where its texts are cut, and what of its inputs is read otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.messages.shown import shown
from isomorph.modules.processing import OF_TEXTS, PROCESSING, cut_by, without
from isomorph.preprocess.text import Text

if TYPE_CHECKING:
    from isomorph.preprocess.protocol import Inputs
    from isomorph.runtime.lengths import Lengths
    from isomorph.runtime.mixed import Mixed, MixedInputs
    from isomorph.runtime.pipeline import Pipeline

P = TypeVar("P", bound="Pipeline | Mixed")
Said = Mapping[str, Mapping[str, Any]]
"""What a call says of its inputs: options by part."""

_COMMON, _TEXT = OF_TEXTS
_TEMPLATE = "chat_template"
_KINDS = (_TEXT, "image", "audio", "video")
"""Parts that are about inputs of one kind."""
_PARTS = (_COMMON, *_KINDS, _TEMPLATE)
_FORM = "return_tensors"
"""What changes the form of arrays that nobody sees here."""
_SIDE = "truncation_side"
_SIDES = ("left", "right")


def taken(kwargs: dict[str, Any]) -> Said | None:
    """What ``processing_kwargs`` say, taken out of the keywords, as plain data; None for no word.

    Raises:
        InputError: they are no options by part, or an option is no plain data.
    """
    asked = kwargs.pop(PROCESSING, None) or {}
    known = (
        f"a call says options of {', '.join(_PARTS)}, such as {{'text': {{'max_length': 256}}}}."
    )
    if not isinstance(asked, Mapping) or set(asked) - set(_PARTS):
        raise InputError(f"{PROCESSING} {shown(asked)}: {known}")
    found: dict[str, dict[str, Any]] = {}
    for part, options in asked.items():
        if not isinstance(options, Mapping | None):
            raise InputError(f"{PROCESSING} of {part} are {shown(options)}: {known}")
        try:
            found[part] = _plain(options or {})
        except (TypeError, RecursionError) as cause:
            raise InputError(
                f"{PROCESSING} of {part} hold {cause}: a call says texts, numbers, and lists and "
                "dictionaries of them, since other processes get them too."
            ) from None
    return found or None


def followed(
    said: Said, pipeline: P, lengths: Lengths, task: str | None
) -> tuple[P, dict[str, Any]]:
    """The pipeline that reads inputs as a call says, and what else that makes of the call's `Job`.

    Raises:
        InputError: a part is about what the model does not take, or its options are not followed.
    """
    inputs = pipeline.inputs
    _refuse_others(said, inputs)
    options = {part: without(said[part], _FORM) for part in said}
    own: dict[str, Any] = {}
    if _TEXT in inputs.takes:
        parts = (_TEXT,) if "audio" in inputs.takes else OF_TEXTS  # of sounds "common" says more
        own = _cut({part: said[part] for part in parts if part in said}, inputs, lengths, task)
        text = {name: value for part in parts for name, value in options.pop(part, {}).items()}
        text.pop(_SIDE, None)
        fills = text.get("padding") == "max_length" or any(each.filled for each in _texts(inputs))
        if not fills and not any(options.values()):
            return pipeline, own
        options[_TEXT] = text
    asked = {part: each for part, each in options.items() if each}
    if not asked:
        return pipeline, own
    processing = json.dumps(asked)
    return cast("P", pipeline.asked(processing)), {**own, "processing": processing}


def _cut(
    asked: Said, inputs: Inputs | MixedInputs, lengths: Lengths, task: str | None
) -> dict[str, Any]:
    """Where texts are cut, as fields of a `Job`.

    Raises:
        InputError: an option is not known, its value is none, or this model's texts are not cut so.
    """
    sides = [part[_SIDE] for part in asked.values() if part.get(_SIDE) is not None]
    if any(each not in _SIDES for each in sides) or len(set(sides)) > 1:
        raise InputError(f"{_SIDE} in {PROCESSING} {shown(asked)}: {' or '.join(_SIDES)}.")
    if "left" in sides and not isinstance(inputs, Text):
        raise InputError(f"{_SIDE}='left' in {PROCESSING} is for models of texts alone.")
    try:
        length = cut_by({part: without(asked[part], _SIDE) for part in asked}, "this call")
    except (BadModel, Unsupported) as cause:
        raise InputError(str(cause)) from None
    found: dict[str, Any] = {"truncation_side": sides[0]} if sides else {}
    return found if length is None else {**found, "max_length": lengths.asked(task, length)}


def _refuse_others(said: Said, inputs: Inputs | MixedInputs) -> None:
    """Refuses parts about what no input of the model is."""
    for part in said:
        if part in _KINDS and part not in inputs.takes:
            raise InputError(
                f"{PROCESSING} of {part}: this model takes {', '.join(inputs.takes)} alone; leave {part} out."
            )
        if part == _TEMPLATE and all(each.chat is None for each in _texts(inputs)):
            raise InputError(
                f"{PROCESSING} of {part}: this model sends no text through a template; leave {part} out."
            )


def _texts(inputs: Inputs | MixedInputs) -> Iterator[Text]:
    """What the chains say of their texts."""
    for each in getattr(inputs, "of", {"": inputs}).values():
        text = getattr(each, "text", each)
        if isinstance(text, Text):
            yield text


def _plain(value: Any) -> Any:
    """An equal value of Python's own types, which JSON knows.

    Raises:
        TypeError: there is none; says what the value is.
    """
    if value is None or isinstance(value, bool | np.bool_):
        return value if value is None else bool(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: _plain(each) for name, each in value.items()}
    raise TypeError(shown(value))
