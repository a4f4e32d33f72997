"""Pairs of texts to token ids: both tokenised once, joined and cut here as the tokenizer would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.guard import as_bad_model
from isomorph.preprocess.pieces import Tokens
from isomorph.preprocess.tokenize import TextEncoder

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Frame:
    """What the tokenizer puts around and between two texts: ids, and the token types of all five parts."""

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    types: tuple[tuple[int, ...], int, tuple[int, ...], int, tuple[int, ...]]

    def __len__(self) -> int:
        return len(self.before) + len(self.between) + len(self.after)

    def join(self, first: Sequence[int], second: Sequence[int]) -> list[int]:
        """The ids of a pair with its special tokens."""
        return [*self.before, *first, *self.between, *second, *self.after]

    def types_of(self, first: int, second: int) -> NDArray[np.int64]:
        """The token types of a pair whose texts have so many tokens."""
        before, one, between, two, after = self.types
        return np.array([*before, *[one] * first, *between, *[two] * second, *after], np.int64)


class PairEncoder:
    """Joins what a `TextEncoder` tokenises."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        with as_bad_model(f"The tokenizer in {encoder.text.folder} cannot join two texts"):
            self._frame = frame_of(encoder.tokenizer)

    def encode(
        self,
        pairs: Sequence[tuple[str, str]],
        max_length: int | None,
        prompt: str = "",
        exact: bool = False,
    ) -> Encoded:
        """Ids of (prompt + first, second), cut to `max_length` tokens, special ones included.

        The longer text is cut first. Unless full lengths must be `exact`, no more of a text is read than
        may be kept of it. Token types are 0 throughout where the model does not use them.

        Raises:
            InputError: a text is not encodable.
        """
        frame, text = self._frame, self._encoder.text
        room = None if max_length is None else max(0, max_length - len(frame))
        firsts, seconds = self._plain(pairs, prompt, room, exact)
        rows, types = [], []
        full = np.zeros(len(pairs), np.int64)
        for index, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
            full[index] = first.count + second.count + len(frame)
            one, two = first.ids, second.ids
            if room is not None:
                kept = longest_first(first.count, second.count, room)
                one, two = (
                    self._encoder.cut(ids, n) for ids, n in zip((one, two), kept, strict=True)
                )
            rows.append(np.array(frame.join(one, two), np.int64))
            types.append(frame.types_of(len(one), len(two)))
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        typed = tuple(types) if text.token_types else None
        return Encoded(tuple(rows), lengths, full, types=typed, text=text)

    def _plain(
        self, pairs: Sequence[tuple[str, str]], prompt: str, room: int | None, exact: bool
    ) -> tuple[list[Tokens], list[Tokens]]:
        """The ids of both texts of each pair, without special tokens.

        Where both texts are longer than an odd `room`, which of them is the longer one decides who gets
        the odd token, so that their counts are needed in any case.
        """
        texts = [prompt + first for first, _ in pairs], [second for _, second in pairs]
        firsts, seconds = (self._encoder.plain_ids(each, room, exact) for each in texts)
        if room is None or room % 2 == 0 or exact:
            return firsts, seconds
        for index, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
            if min(first.count, second.count) > room:
                (firsts[index],), (seconds[index],) = (
                    self._encoder.plain_ids([each[index]], room) for each in texts
                )
        return firsts, seconds


def longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of two texts are kept where `room` tokens fit; the longer one is cut first.

    As `tokenizers` does it (its truncation strategy ``longest_first``): where both are longer than
    half, each gets half, and the odd token goes to the one that was longer, the second on a tie.
    """
    if first + second <= room:
        return first, second
    short, long = sorted((first, second))
    long = max(short, room - short)
    if short + long > room:
        short = room // 2
        long = room - short
    return (long, short) if first > second else (short, long)


def frame_of(tokenizer: Tokenizer) -> Frame:
    """Where the tokenizer puts its special tokens, found out once from a pair of short texts."""
    whole = tokenizer.encode("a", "a", add_special_tokens=True)
    owners = whole.sequence_ids
    starts = [owners.index(n) if n in owners else len(owners) for n in (0, 1)]
    ends = [len(owners) - owners[::-1].index(n) if n in owners else len(owners) for n in (0, 1)]
    ids, types = whole.ids, whole.type_ids
    return Frame(
        tuple(ids[: starts[0]]),
        tuple(ids[ends[0] : starts[1]]),
        tuple(ids[ends[1] :]),
        (
            tuple(types[: starts[0]]),
            types[starts[0]] if starts[0] < len(types) else 0,
            tuple(types[ends[0] : starts[1]]),
            types[starts[1]] if starts[1] < len(types) else 1,
            tuple(types[ends[1] :]),
        ),
    )
