"""How a tower that reads wants its texts: beside what the tokenizer's files say, its family's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.tower import Tower
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, TEXT, Either, OneOf, Schema, Whole, judge
from isomorph.modules.processing import PROCESSING
from isomorph.modules.tokenizer import TOKENIZER_SETTINGS
from isomorph.preprocess.text import Filled, Text

_TEXT = "text"
OPTIONS: Schema = {
    "padding": Either((FLAG, OneOf(("longest", "max_length")))),
    "truncation": Either((FLAG, TEXT)),
    "max_length": Whole(1, limits.POSITIONS),
}
"""What a module may say of how its texts are tokenised."""
_IMAGE = "image"
_ELSEWHERE = (_IMAGE, "audio")
"""What is said of these is read with what the files of their processor say."""


def asked_of_images(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a module says of its images."""
    return (settings.get(PROCESSING) or {}).get(_IMAGE) or {}


def refuse_processing(settings: Mapping[str, Any], place: str) -> None:
    """Refuses settings that have inputs treated otherwise than is done here.

    Raises:
        Unsupported: names the option.
        BadModel: a value is not of its kind.
    """
    for modality, asked in (settings.get(PROCESSING) or {}).items():
        if not asked:
            continue
        where = f"{place}: {PROCESSING} of {modality}"
        if modality in _ELSEWHERE and isinstance(asked, dict):
            continue
        if modality != _TEXT or not isinstance(asked, dict):
            raise Unsupported(f"{where} are {asked!r}, which is not done.")
        judge(asked, OPTIONS, where)
        unknown = sorted(set(asked) - set(OPTIONS))
        if unknown:
            raise Unsupported(f"{where} set {unknown[0]}={asked[unknown[0]]!r}, which is not done.")


def tower_text(
    text: Text, source: ModuleFolder, settings: Mapping[str, Any], tower: Tower, config: Config
) -> Text:
    """The texts of a tower.

    Rows are padded on the right, where positions do not move, and texts are cut where positions end. Of a
    tower that projects the last position a module may want every text filled up.

    Raises:
        BadModel: it wants that, and no file names a padding token.
    """
    tokenizer = source.config(TOKENIZER_SETTINGS)
    asked = (settings.get(PROCESSING) or {}).get(_TEXT) or {}
    longest = tower.fed(config).get("longest", text.longest)
    lengths = (text.max_length, longest, asked.get("max_length"))
    cut = min((each for each in lengths if each is not None), default=None)
    found = replace(
        text,
        max_length=cut,
        longest=longest,
        padding_side="right",
        lowercase=text.lowercase or tokenizer.get("tokenizer_class") in tower.lowercase,
    )
    if cut is None or not tower.last or asked.get("padding") != "max_length":
        return found  # of a tower that sees no later positions padding changes nothing
    return replace(found, filled=_filled(cut, tokenizer, source.place, tower))


def _filled(length: int, tokenizer: Mapping[str, Any], place: str, tower: Tower) -> Filled:
    token = tokenizer.get("pad_token")
    token = token.get("content") if isinstance(token, dict) else token
    if not isinstance(token, str):
        raise BadModel(
            f"{place} wants texts filled up, and {TOKENIZER_SETTINGS} names no pad_token."
        )
    left = tokenizer.get("padding_side") == "left" or (
        "padding_side" not in tokenizer and tokenizer.get("tokenizer_class") in tower.lowercase
    )
    masked = "attention_mask" in tokenizer.get("model_input_names", ("attention_mask",))
    if masked and not left:
        raise Unsupported(
            f"{place} wants texts filled up on the right and padding hidden (model_input_names): the vector "
            "would be that of a hidden position, which is not done."
        )
    return Filled(length=length, token=token, side="left" if left else "right", masked=masked)
