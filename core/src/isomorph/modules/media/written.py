"""Queries and pages as a processor writes them: its words, and an image token for each vector of an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.tower import Writing, Written
from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import TEXT, Schema, Whole, judge, maybe
from isomorph.modules.tokenizer import TOKENIZER_SETTINGS
from isomorph.preprocess.pixels.inputs import Images
from isomorph.preprocess.pixels.pages import Pages
from isomorph.preprocess.pixels.processors import FILES
from isomorph.preprocess.text import Text

SCHEMA: Schema = {
    **dict.fromkeys(("query_prefix", "visual_prompt_prefix"), maybe(TEXT)),
    "image_seq_len": maybe(Whole(1, limits.PATCHES)),
}
"""What is read of a processor's file here."""


def queries(source: ModuleFolder, config: Mapping[str, Any], written: Written, text: Text) -> Text:
    """Texts with the words around a query."""
    found = _writing(source, config, written)
    return replace(text, around=found.query, special_tokens=found.special)


def pages(
    source: ModuleFolder,
    config: Mapping[str, Any],
    written: Written,
    text: Text,
    images: Images,
) -> Pages:
    """Images with the words around a page."""
    found = _writing(source, config, written)
    return Pages(images, replace(text, special_tokens=found.special, max_length=None), found)


def _writing(source: ModuleFolder, config: Mapping[str, Any], written: Written) -> Writing:
    """What the files of a folder say.

    Raises:
        BadModel: an option is no text, or no file names a token that is written.
    """
    said: dict[str, Any] = {}
    for name in reversed(FILES):
        given = source.config(name)
        judge(given, SCHEMA, f"{source.place}: {name}")
        said |= {key: given[key] for key in SCHEMA if given.get(key) is not None}
    tokens = source.config(TOKENIZER_SETTINGS)

    def role(name: str) -> str:
        found = tokens.get(name)
        found = found.get("content") if isinstance(found, dict) else found
        if not isinstance(found, str):
            raise BadModel(
                f"{source.place}: {TOKENIZER_SETTINGS} names no {name}, which the processor writes."
            )
        return found

    return written(config, said, role)
