"""A sentencepiece model file: its pieces with their scores, and how it cleans a text.

Kudo and Richardson 2018, arXiv:1808.06226. The file is a message of protocol buffers, of which only
what a Unigram tokenizer needs is read.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from isomorph.errors import BadModel, Unsupported
from isomorph.files.folder import Folder
from isomorph.preprocess.tokenizer_limits import VOCABULARY_BYTES, VOCABULARY_SIZE
from isomorph.preprocess.vocabulary.wire import fields

_UNIGRAM = 1
_BYTE = 6
CONTROL, USER_DEFINED = 3, 4
"""Kinds of pieces that are found before a text is split."""


@dataclass(frozen=True, slots=True)
class SentencePieces:
    """Pieces with their scores, the kind of each, the id of the unknown piece, and the map of characters."""

    pieces: list[tuple[str, float]]
    kinds: list[int]
    unknown: int
    map: bytes


def read_pieces(folder: Folder, name: str) -> SentencePieces:
    """What a sentencepiece file says.

    Raises:
        BadModel: the file is damaged.
        Unsupported: it is no Unigram model, or cleans and splits texts in a way that is not done here.
    """
    with folder.open(name) as stream:
        data = stream.read(VOCABULARY_BYTES + 1)
    if len(data) > VOCABULARY_BYTES:
        raise BadModel(f"{name} in {folder} has more than {VOCABULARY_BYTES:,} bytes.")
    try:
        return _model(data)
    except BadModel as cause:
        raise BadModel(f"{name} in {folder} is no sentencepiece model: {cause}.") from cause
    except Unsupported as cause:
        raise Unsupported(f"{name} in {folder} {cause}.") from cause


def _model(data: bytes) -> SentencePieces:
    pieces: list[tuple[str, float]] = []
    kinds: list[int] = []
    trainer, normalizer = b"", b""
    for number, value in fields(data):
        if number in (1, 2, 3) and isinstance(value, int):
            raise BadModel(f"field {number} is a number")
        if number == 1:
            piece, kind = _piece(value)  # type: ignore[arg-type]
            pieces.append(piece)
            kinds.append(kind)
            if len(pieces) > VOCABULARY_SIZE:
                raise BadModel(f"it has more than {VOCABULARY_SIZE:,} pieces")
        elif number == 2:
            trainer += value  # type: ignore[operator]
        elif number == 3:
            normalizer += value  # type: ignore[operator]
    if not pieces:
        raise BadModel("it has no pieces")
    unknown = _trained(trainer, kinds)
    if unknown >= len(pieces):
        raise BadModel(f"its unknown piece is number {unknown} of {len(pieces)}")
    return SentencePieces(pieces, kinds, unknown, _map(normalizer))


def _piece(data: bytes) -> tuple[tuple[str, float], int]:
    text, score, kind = b"", 0.0, 1
    for number, value in fields(data):
        if number == 1 and isinstance(value, bytes):
            text = value
        elif number == 2 and isinstance(value, bytes) and len(value) == 4:
            score = struct.unpack("<f", value)[0]
        elif number == 3 and isinstance(value, int):
            kind = value
    if not math.isfinite(score):
        raise BadModel("the score of a piece is not finite")
    try:
        return (text.decode("utf-8"), score), kind
    except UnicodeDecodeError as cause:
        raise BadModel(f"a piece is not UTF-8: {cause}") from cause


def _trained(data: bytes, kinds: list[int]) -> int:
    """The id of the unknown piece, where the model is one that is read here."""
    found = {3: _UNIGRAM, 24: 0, 35: 0, 40: 0}
    found |= {number: value for number, value in fields(data) if isinstance(value, int)}
    if found[3] != _UNIGRAM:
        raise Unsupported(f"holds a model of type {found[3]}; only Unigram, type 1, is read here")
    if found[24]:
        raise Unsupported("marks words at their end (treat_whitespace_as_suffix)")
    if found[35] or _BYTE in kinds:
        raise Unsupported("falls back to bytes (byte_fallback)")
    return found[40]


def _map(data: bytes) -> bytes:
    """The map of characters, where texts are cleaned as they are here."""
    flags, charsmap = {3: 1, 4: 1, 5: 1}, b""
    for number, value in fields(data):
        if number == 2 and isinstance(value, bytes):
            charsmap = value
        elif isinstance(value, int):
            flags[number] = value
    names = {3: "add_dummy_prefix", 4: "remove_extra_whitespaces", 5: "escape_whitespaces"}
    for number, name in names.items():
        if not flags[number]:
            raise Unsupported(f"says {name} = false")
    return charsmap
