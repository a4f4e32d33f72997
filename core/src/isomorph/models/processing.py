"""``processing_kwargs`` of one call: where its texts are cut, and on which side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isomorph.arguments.names import refuse_unknown
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.messages.shown import shown
from isomorph.modules.processing import OF_TEXTS, cut_by
from isomorph.preprocess.text import Text

if TYPE_CHECKING:
    from isomorph.runtime.lengths import Lengths
    from isomorph.runtime.mixed import Mixed
    from isomorph.runtime.pipeline import Pipeline


_SIDE = "truncation_side"
_SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class Cut:
    """Where texts are cut."""

    length: int | None = None
    """Default None, where the model says; for example 256. Tokens, special ones included."""
    side: str | None = None
    """Default None, as the model says; ``"left"`` or ``"right"``. What is left out."""


def taken_cut(kwargs: dict[str, Any]) -> Cut | None:
    """What ``processing_kwargs`` say, taken out of the keywords; None for no word.

    Raises:
        InputError: they say something else, or of something else than texts.
    """
    asked = kwargs.pop("processing_kwargs", None) or {}
    if not isinstance(asked, Mapping) or set(asked) - set(OF_TEXTS):
        raise InputError(
            f"processing_kwargs {shown(asked)}: a call takes what {' and '.join(OF_TEXTS)} say of its texts, "
            "such as {'text': {'max_length': 256}}. Of other inputs the files of the model say it."
        )
    sides = [part[_SIDE] for part in asked.values() if _is_open(part)]
    found = [each for each in sides if each is not None]
    if any(each not in _SIDES for each in found) or len(set(found)) > 1:
        raise InputError(f"{_SIDE} in processing_kwargs {shown(asked)}: {' or '.join(_SIDES)}.")
    rest = {name: _without(part) if _is_open(part) else part for name, part in asked.items()}
    side: str | None = next(iter(found), None)
    try:
        length = cut_by(rest, "this call")
        return None if length is None and side is None else Cut(length, side)
    except (BadModel, Unsupported) as cause:
        raise InputError(str(cause)) from None


def cut_and_task(method: str, kwargs: dict[str, Any]) -> tuple[Cut | None, str | None]:
    """As `taken_cut`, and the ``task``, of a method that takes no other keywords.

    Raises:
        InputError: there are others.
    """
    cut, task = taken_cut(kwargs), kwargs.pop("task", None)
    refuse_unknown(method, kwargs)
    return cut, task


def cut_at(cut: Cut, pipeline: Pipeline | Mixed, lengths: Lengths, task: str | None) -> int | None:
    """The tokens at which the inputs of a call are cut that asks for `cut`.

    Raises:
        InputError: they are no texts, or queries that are filled up to a number of tokens.
    """
    if not pipeline.inputs.prompted:
        raise InputError(
            f"{_said(cut)} in processing_kwargs is about texts, and these are "
            f"{pipeline.inputs.modality} inputs."
        )
    if cut.side == "left" and not isinstance(pipeline.inputs, Text):
        raise InputError(f"{_said(cut)} in processing_kwargs is for models of texts alone.")
    return lengths.length(task) if cut.length is None else lengths.asked(task, cut.length)


def _said(cut: Cut) -> str:
    return f"{_SIDE}={cut.side!r}" if cut.length is None else f"max_length={cut.length}"


def _is_open(part: Any) -> bool:
    return isinstance(part, Mapping) and _SIDE in part


def _without(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in part.items() if name != _SIDE}
