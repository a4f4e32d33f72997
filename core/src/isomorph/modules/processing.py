"""What ``processing_kwargs`` say of texts: how a tokenizer is to be called, beside what its files say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.schema import FLAG, TEXT, Either, OneOf, Schema, Whole, judge, maybe

PROCESSING = "processing_kwargs"
"""What folders and calls name these options."""
OF_TEXTS = ("common", "text")
"""The parts of ``processing_kwargs`` that are about texts."""
_OPTIONS: Schema = {
    "max_length": maybe(Whole(1, limits.POSITIONS)),
    "padding": Either((FLAG, OneOf(("longest", "max_length", "do_not_pad")))),
    "truncation": Either((FLAG, TEXT)),
    "return_tensors": TEXT,
}
"""What is read. Padding and the form of arrays change no result here."""
_CUTS = (True, "longest_first")


def cut_by(asked: Mapping[str, Any], where: str) -> int | None:
    """Where texts are to be cut, in tokens; None where nothing is said.

    Args:
        asked: ``processing_kwargs`` of a folder or of a call.
        where: what an error begins with.

    Raises:
        BadModel: a value is not of its kind.
        Unsupported: an option that would make other tokens than are made here.
    """
    found: dict[str, int] = {}
    for part in OF_TEXTS:
        options = asked.get(part) or {}
        place = f"{where}: {part} of processing_kwargs"
        if not isinstance(options, Mapping):
            raise BadModel(f"{place} is {options!r}, and no object.")
        judge(options, _OPTIONS, place)
        unknown = sorted(set(options) - set(_OPTIONS))
        if unknown:
            raise Unsupported(
                f"{place} sets {unknown[0]}={options[unknown[0]]!r}, which is not done."
            )
        if options.get("truncation", True) not in _CUTS:
            raise Unsupported(
                f"{place} sets truncation={options['truncation']!r}, and texts are cut at their end: say "
                "max_length."
            )
        if options.get("max_length") is not None:
            found[part] = options["max_length"]
    if len(set(found.values())) > 1:
        raise BadModel(
            f"{where}: processing_kwargs cut texts at {' and '.join(map(str, found.values()))}."
        )
    return next(iter(found.values()), None)


def without(options: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The options but for some."""
    return {name: value for name, value in options.items() if name not in names}
