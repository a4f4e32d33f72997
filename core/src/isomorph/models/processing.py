"""``processing_kwargs`` of one call: where its texts are cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from isomorph.arguments.names import refuse_unknown
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.messages.shown import shown
from isomorph.modules.processing import OF_TEXTS, cut_by

if TYPE_CHECKING:
    from isomorph.runtime.lengths import Lengths
    from isomorph.runtime.mixed import Mixed
    from isomorph.runtime.pipeline import Pipeline


def taken_cut(kwargs: dict[str, Any]) -> int | None:
    """The tokens at which ``processing_kwargs`` cut texts, taken out of the keywords; None for no word.

    Raises:
        InputError: they say something else, or of something else than texts.
    """
    asked = kwargs.pop("processing_kwargs", None) or {}
    if not isinstance(asked, Mapping) or set(asked) - set(OF_TEXTS):
        raise InputError(
            f"processing_kwargs {shown(asked)}: a call takes what {' and '.join(OF_TEXTS)} say of its texts, "
            "such as {'text': {'max_length': 256}}. Of other inputs the files of the model say it."
        )
    try:
        return cut_by(asked, "this call")
    except (BadModel, Unsupported) as cause:
        raise InputError(str(cause)) from None


def cut_and_task(method: str, kwargs: dict[str, Any]) -> tuple[int | None, str | None]:
    """As `taken_cut`, and the ``task``, of a method that takes no other keywords.

    Raises:
        InputError: there are others.
    """
    cut, task = taken_cut(kwargs), kwargs.pop("task", None)
    refuse_unknown(method, kwargs)
    return cut, task


def cut_at(cut: int, pipeline: Pipeline | Mixed, lengths: Lengths, task: str | None) -> int:
    """Where the inputs of a call are cut that asks for `cut` tokens.

    Raises:
        InputError: they are no texts, or queries that are filled up to a number of tokens.
    """
    if not pipeline.inputs.prompted:
        raise InputError(
            f"max_length={cut} in processing_kwargs is about texts, and these are "
            f"{pipeline.inputs.modality} inputs."
        )
    return lengths.asked(task, cut)
