"""A sentencepiece model file: its pieces with their scores, and how it cleans a text.

Kudo and Richardson 2018, arXiv:1808.06226. The file is a message of protocol buffers, whose fields are
those of ``sentencepiece_model.proto``; of them only what changes the ids of a text is read.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from isomorph.errors import BadModel, Unsupported
from isomorph.files.folder import Folder
from isomorph.preprocess.tokenizer_limits import VOCABULARY_BYTES, VOCABULARY_SIZE
from isomorph.preprocess.vocabulary.wire import fields

UNIGRAM, PAIRS = 1, 2
"""Algorithms: pieces by their scores, or pairs of pieces by their order."""
NORMAL, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 3, 4, 5, 6
"""Kinds of pieces: of texts, two that are found before a text is split, of no text, and bytes of others."""
_LAST_ALGORITHM = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SentencePieces:
    """What a sentencepiece file says: its pieces, how they split a text, and how the text is cleaned."""

    pieces: list[tuple[str, float]]
    """Pieces by id, with their scores."""
    kinds: list[int]
    """The kind of each."""
    algorithm: int
    """`UNIGRAM`, `PAIRS`, or one that nothing here does: 3 splits words, 4 characters."""
    unknown: int
    """The id of the unknown piece."""
    map: bytes
    """The map of characters, as the tokenizers library reads it; empty where there is none."""
    bytes: bool
    """Whether what no piece holds becomes its bytes."""
    suffix: bool
    """Whether words are marked at their end."""
    prefix: bool
    """Whether a space is put before a text."""
    strip: bool
    """Whether spaces at the ends of a text are left out, and several together are one."""
    escape: bool
    """Whether spaces become ``▁``."""


def read_pieces(folder: Folder, name: str) -> SentencePieces:
    """What a sentencepiece file says.

    Raises:
        BadModel: the file is damaged.
    """
    with folder.open(name) as stream:
        data = stream.read(VOCABULARY_BYTES + 1)
    if len(data) > VOCABULARY_BYTES:
        raise BadModel(f"{name} in {folder} has more than {VOCABULARY_BYTES:,} bytes.")
    try:
        return parse(data)
    except BadModel as cause:
        raise BadModel(f"{name} in {folder} is no sentencepiece model: {cause}.") from cause


def read_unigram(folder: Folder, name: str) -> SentencePieces:
    """As `read_pieces`, of a Unigram model that cleans texts as all published ones of its classes do.

    Raises:
        BadModel: the file is damaged.
        Unsupported: it is no Unigram model, or cleans and splits texts in a way that is not done here.
    """
    return _as_published(folder, name, (UNIGRAM,), "only Unigram, type 1, is read here")


def read_split(folder: Folder, name: str) -> SentencePieces:
    """As `read_unigram`, of a Unigram model or one of byte pairs.

    Raises:
        BadModel: the file is damaged.
        Unsupported: it holds another model, or cleans and splits texts in a way that is not done here.
    """
    known = "Unigram, type 1, and byte pairs, type 2, are read here"
    return _as_published(folder, name, (UNIGRAM, PAIRS), known)


def _as_published(
    folder: Folder, name: str, algorithms: tuple[int, ...], known: str
) -> SentencePieces:
    found = read_pieces(folder, name)
    no = ""
    if found.algorithm not in algorithms:
        no = f"holds a model of type {found.algorithm}; {known}"
    elif found.suffix:
        no = "marks words at their end (treat_whitespace_as_suffix)"
    elif found.bytes:
        no = "falls back to bytes (byte_fallback)"
    for key, value in (
        ("add_dummy_prefix", found.prefix),
        ("remove_extra_whitespaces", found.strip),
        ("escape_whitespaces", found.escape),
    ):
        if not value and not no:
            no = f"says {key} = false"
    if no:
        raise Unsupported(f"{name} in {folder} {no}.")
    return found


def normal(found: SentencePieces) -> list[tuple[str, float]]:
    """The pieces that are looked for in a text, with their scores."""
    marked = zip(found.pieces, found.kinds, strict=True)
    return [piece for piece, kind in marked if kind == NORMAL and piece[0]]


def parse(data: bytes) -> SentencePieces:
    """What the bytes of a sentencepiece file say.

    Raises:
        BadModel: they are no such file.
    """
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
    trained, cleaned = _numbers(trainer, _TRAINER), _numbers(normalizer, _NORMALIZER)
    if trained[40] >= len(pieces):
        raise BadModel(f"its unknown piece is number {trained[40]} of {len(pieces)}")
    if not UNIGRAM <= trained[3] <= _LAST_ALGORITHM:
        raise BadModel(f"its algorithm has the number {trained[3]}")
    return SentencePieces(
        pieces=pieces,
        kinds=kinds,
        algorithm=trained[3],
        unknown=trained[40],
        map=_map(normalizer),
        bytes=bool(trained[35]) or BYTE in kinds,
        suffix=bool(trained[24]),
        prefix=bool(cleaned[3]),
        strip=bool(cleaned[4]),
        escape=bool(cleaned[5]),
    )


def _piece(data: bytes) -> tuple[tuple[str, float], int]:
    text, score, kind = b"", 0.0, NORMAL
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


_TRAINER = {3: UNIGRAM, 24: 0, 35: 0, 40: 0}
"""Of ``TrainerSpec``: model_type, treat_whitespace_as_suffix, byte_fallback, unk_id, and their defaults."""
_NORMALIZER = {3: 1, 4: 1, 5: 1}
"""Of ``NormalizerSpec``: add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces."""


def _numbers(data: bytes, defaults: Mapping[int, int]) -> dict[int, int]:
    return {**defaults, **{n: value for n, value in fields(data) if isinstance(value, int)}}


def _map(data: bytes) -> bytes:
    found = b""
    for number, value in fields(data):
        if number == 2 and isinstance(value, bytes):
            found = value
    return found
