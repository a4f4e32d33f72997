"""How the files of a tokenizer want texts: folder, longest input, padding, lower-casing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from isomorph.encoders import describe
from isomorph.errors import Unsupported
from isomorph.files import names
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.names import TOKENIZER_FILES
from isomorph.files.schema import OBJECT, TEXT, Either, ListOf, Number, OneOf, Schema, maybe
from isomorph.model.graph import Module
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.sections import PADDING, TRUNCATION, sections, side
from isomorph.preprocess.text import Text
from isomorph.preprocess.token_types import gives_token_types
from isomorph.preprocess.tokenizer_settings import TokenizerSettings, refuse_own_code

TOKENIZER_SETTINGS = "tokenizer_config.json"

UNBOUNDED = 1_000_000
"""A saved maximum beyond this many tokens means "none": transformers writes 1e30."""

_LENGTHS = ("model_max_length", "max_len")
"""The key of the longest input, and its name in old files."""

_SIDE = OneOf(("left", "right"))
_TOKEN = maybe(Either((TEXT, OBJECT)))
TOKENIZER: Schema = {
    **dict.fromkeys(_LENGTHS, maybe(Number(0, sys.float_info.max, closed=True))),
    "truncation_side": _SIDE,
    "padding_side": _SIDE,
    "model_input_names": maybe(ListOf(TEXT)),
    "tokenizer_class": maybe(TEXT),
    "mask_token": _TOKEN,
    "eos_token": _TOKEN,
}
"""What is read of a ``tokenizer_config.json`` here."""


def tokenizer_inputs(source: ModuleFolder, module: Module) -> Text:
    """`ModuleKind.inputs` of a kind whose texts go through the tokenizer in its own folder."""
    return tokenizer_text(source, {}, {})


def tokenizer_text(
    source: ModuleFolder, settings: Mapping[str, Any], config: Mapping[str, Any]
) -> Text:
    """How a tokenizer of the tokenizers library wants texts.

    Args:
        source: the folder with the tokenizer's files.
        settings: those of the module, such as ``sentence_bert_config.json`` holds.
        config: the ``config.json`` of a transformer; {} where there is none.

    Raises:
        BadModel: a value of ``tokenizer_config.json`` is not of its kind.
        Unsupported: the tokenizer is Python code of the folder.
    """
    place = tokenizer_folder(source)
    tokenizer = source.options(TOKENIZER, TOKENIZER_SETTINGS)
    refuse_own_code(TokenizerSettings.of(place, tokenizer, config))
    longest, written = _longest(config), sections(place, "")
    padded = tokenizer.get("padding_side") or side(written[PADDING])
    return Text(
        max_length=_max_length(settings, tokenizer, config, longest),
        longest=longest,
        lowercase=bool(settings.get("do_lower_case")),
        truncation_side=tokenizer.get("truncation_side") or side(written[TRUNCATION]),
        padding_side=padding_side(padded, config),
        pad_id=_padding(config),
        token_types=gives_token_types(tokenizer, config),
        filler=_content(tokenizer.get("mask_token")) or _content(tokenizer.get("eos_token")),
        folder=place,
    )


_FILES = (
    *(*TOKENIZER_FILES, "config.json", "wordembedding_config.json"),
    *("whitespacetokenizer_config.json", "phrasetokenizer_config.json"),
)


def tokenizer_folder(source: ModuleFolder) -> Folder:
    """The tokenizer's folder; its files are read later, and must then be those that are there now."""
    place = source.folder.sub(source.path)
    for name in _FILES:
        place.file(name)
    return place


def _padding(config: Mapping[str, Any]) -> int:
    """The id that fills rows up. Nobody reads such a place, so any will do where none is set, or -1 is."""
    found = config.get("pad_token_id")
    return found if type(found) is int and found > 0 else 0


def padding_side(asked: str, config: Mapping[str, Any]) -> str:
    """The side on which rows are padded: the one that is asked for only where nothing depends on it.

    An encoder that sees both directions may count positions from the left edge, and a head behind it
    may read the first column: padding there would change a text's vector with its neighbours.
    """
    if asked == "left":
        try:
            encoder = describe(config)
        except Unsupported:
            return asked  # no family: nothing is known about it here
        if not encoder.movable:
            return "right"
    return asked


def _content(token: Any) -> str | None:
    """A token of ``tokenizer_config.json``: a text, or an object that holds it."""
    return token.get("content") if isinstance(token, dict) else token


def truncation(source: ModuleFolder) -> tuple[int | None, str]:
    """The length to which ``tokenizer.json`` truncates, and on which side.

    Static models say both nowhere else.
    """
    found = sections(source.folder, source.path)[TRUNCATION]
    length = found.get("max_length")
    return length if type(length) is int and length < UNBOUNDED else None, side(found)


def truncated_at(length: int | None, text: Inputs) -> Mapping[str, Mapping[str, Any]]:
    """The section of ``tokenizer.json`` that truncates to another length; None: to no length."""
    section = {
        "direction": text.truncation_side.capitalize() if isinstance(text, Text) else "Right",
        "max_length": length,
        "strategy": "LongestFirst",
        "stride": 0,
    }
    return {names.TOKENIZER: {"truncation": None if length is None else section}}


def _longest(config: Mapping[str, Any]) -> int | None:
    """How many positions the encoder has, None where that is not known here."""
    try:
        return describe(config).longest
    except Unsupported:
        return None


def _max_length(
    settings: Mapping[str, Any],
    tokenizer: Mapping[str, Any],
    config: Mapping[str, Any],
    longest: int | None,
) -> int | None:
    """The module's own maximum, else the smaller of the tokenizer's and the configuration's.

    Never more than there are positions: a longer text would read past their table.
    """
    own = settings.get("max_seq_length")
    said = next((tokenizer[name] for name in _LENGTHS if name in tokenizer), None)
    fallback = (said, config.get("max_position_embeddings"))
    candidates = (own,) if own else fallback
    numbers = [n for n in (*candidates, longest) if type(n) in (int, float)]
    known = [int(n) for n in numbers if 0 < n < UNBOUNDED]
    return min(known) if known else None
