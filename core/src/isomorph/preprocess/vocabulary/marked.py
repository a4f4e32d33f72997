"""Pieces of a sentencepiece file that are found in a text before it is split."""

from __future__ import annotations

from collections.abc import Collection

from tokenizers import AddedToken, Tokenizer

from isomorph.preprocess.vocabulary.sentencepiece import CONTROL, USER_DEFINED, SentencePieces


def mark(tokenizer: Tokenizer, found: SentencePieces, special: Collection[str] = ()) -> None:
    """Adds the control pieces of a file, which are special tokens, and those that its author defined."""
    tokenizer.add_tokens(
        [
            AddedToken(piece, normalized=False, special=kind == CONTROL or piece in special)
            for (piece, _), kind in zip(found.pieces, found.kinds, strict=True)
            if kind in (CONTROL, USER_DEFINED)
        ]
    )
