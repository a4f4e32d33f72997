"""Long texts in pieces: what a tokenizer holds of a text is some hundred times its ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from isomorph.machine.lazy import lazy
from isomorph.preprocess.forked import encode
from isomorph.preprocess.seams import SEAM, seams_are_safe

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from isomorph.preprocess.heads import Heads
    from isomorph.preprocess.squeeze import Squeeze
    from isomorph.preprocess.vocabulary.by_hand import Head

PIECE = 1 << 14
"""Characters after which a text is cut at the next seam."""
A_TOKEN = 6
"""Characters in which there is more than one token, as a rule: what is read of a text beyond those that
are kept would only be counted."""
GIANT = 1 << 16
"""Characters without a seam from which on other ways are tried, which take longer."""
GRAIN = 1 << 12
"""Characters of the beginning of a text that is tried first, where none are few."""
TOGETHER = 1 << 17
"""Characters that are tokenised at once, unless one piece has more: enough to keep all CPUs busy."""


@dataclass(slots=True)
class Tokens:
    """Of one text: the ids that are kept, its first or its last ones, and how many it has in all."""

    ids: list[int] = field(default_factory=list)
    count: int = 0

    def add(self, ids: list[int], most: int | None, last: bool) -> None:
        """Takes the ids of the next piece, of which only those are kept that belong to the `most`."""
        self.count += len(ids)
        if most is None or (not last and len(self.ids) < most):
            self.ids.extend(ids if most is None else ids[: most - len(self.ids)])
        elif last:
            self.ids = [*self.ids, *ids][max(0, len(self.ids) + len(ids) - most) :]


class Pieces:
    """A tokenizer that is never given more at once than it needs to be."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    @lazy
    def safe(self) -> bool:
        """Whether texts may be cut, which the tokenizer's description decides; else they stay whole."""
        return seams_are_safe(self._tokenizer)

    def tokens(
        self, texts: Sequence[str], most: int | None, last: bool = False, exact: bool = True
    ) -> list[Tokens]:
        """Ids without special tokens: the `most` first ones, or `last` ones, of each text; None for all.

        Unless it must be `exact`, the count of a text with more than `most` tokens may be any number
        between that and what it has.

        Raises:
            TypeError, UnicodeEncodeError: a text is not one, or cannot be encoded.
        """
        found = [Tokens() for _ in texts]
        size = PIECE if most is None else min(PIECE, A_TOKEN * max(1, most))
        longest = max(map(len, texts), default=0)
        if len(texts) == 1 and longest <= size:  # nothing to cut or to put together
            found[0].add(encode(self._tokenizer, list(texts))[0].ids, most, last)
            return found
        whole = exact or last or most is None or longest <= size
        if not whole and self._head is not None:
            texts = [self._begun(text, most or 0) for text in texts]
        if whole or not (self.safe or longest > GIANT):
            self._add(found, self._cut(texts), most, last)
            return found
        waiting = {
            owner: pieces(text, size) if self.safe else iter([text])
            for owner, text in enumerate(texts)
        }
        while waiting:
            self._add(found, self._opened(waiting, found, most or 0, size), most, last)
            for owner in [owner for owner in waiting if found[owner].count > (most or 0)]:
                del waiting[owner]
        return found

    @lazy
    def _head(self) -> Head | None:
        """How beginnings of texts are found, where a split in Python needs one of its own."""
        from isomorph.preprocess.vocabulary.by_hand import head_of  # imports the Rust library

        return head_of(self._tokenizer) if self._tokenizer.normalizer is None else None

    def _begun(self, text: str, most: int) -> str:
        """A beginning of the text with more than `most` tokens, or all of it."""
        assert self._head is not None
        added = [token.content for token in self._tokenizer.get_added_tokens_decoder().values()]
        size = max(GRAIN, A_TOKEN * most)
        while size < len(text) // 2:
            head = self._head(text, size)
            if head is None or any(name in text or name in head for name in added):
                return text
            if len(encode(self._tokenizer, [head])[0].ids) > most:
                return head
            size *= 4
        return text

    def _opened(
        self, waiting: dict[int, Iterator[str]], found: list[Tokens], most: int, size: int
    ) -> Iterator[tuple[int, str]]:
        """The next piece of each; of one that is too long, what of it must be read."""
        for owner, piece in _next_of(waiting):
            if len(piece) <= GIANT:
                yield owner, piece
            elif self._squeeze.possible:
                parts = self._squeeze.pieces(piece, size)
                yield owner, next(parts)
                waiting[owner] = chain(parts, waiting[owner])
            else:
                short = self._heads.shortened(piece)
                first = None
                if len(short) > GIANT:
                    first = self._heads.first(short, most - found[owner].count)
                if first is None:
                    yield owner, short
                else:
                    found[owner].add(first, most, False)

    @lazy
    def _squeeze(self) -> Squeeze:
        from isomorph.preprocess.squeeze import Squeeze  # imports the Rust library

        return Squeeze(self._tokenizer)

    @lazy
    def _heads(self) -> Heads:
        from isomorph.preprocess.heads import (
            Heads,  # its expressions take time, and few texts need them
        )

        return Heads(self._tokenizer)

    def _add(
        self, found: list[Tokens], items: Iterable[tuple[int, str]], most: int | None, last: bool
    ) -> None:
        """Tokenises pieces, each with the index of its text, and adds their ids to what was found."""
        for owners, some in _together(items):
            encodings = encode(self._tokenizer, some)
            for owner, encoding in zip(owners, encodings, strict=True):
                found[owner].add(encoding.ids, most, last)

    def _cut(self, texts: Sequence[str]) -> Iterator[tuple[int, str]]:
        for owner, text in enumerate(texts):
            if len(text) <= PIECE or not self.safe:
                yield owner, text
            else:
                for piece in pieces(text):
                    yield owner, piece


def pieces(text: str, size: int = PIECE) -> Iterator[str]:
    """The text, cut at the first seam after every `size` characters."""
    start = 0
    while (seam := SEAM.search(text, start + size)) is not None:
        yield text[start : seam.start()]
        start = seam.start()
    yield text[start:]


def _next_of(waiting: dict[int, Iterator[str]]) -> Iterator[tuple[int, str]]:
    """The next piece of each; those that have none no longer wait."""
    for owner, rest in list(waiting.items()):
        piece = next(rest, None)
        if piece is None:
            del waiting[owner]
        else:
            yield owner, piece


def _together(
    items: Iterable[tuple[int, str]], most: int = TOGETHER
) -> Iterator[tuple[list[int], list[str]]]:
    """Owners and texts in groups of at most so many characters, or of one text."""
    owners: list[int] = []
    group: list[str] = []
    size = 0
    for owner, text in items:
        if group and size + len(text) > most:
            yield owners, group
            owners, group, size = [], [], 0
        owners.append(owner)
        group.append(text)
        size += len(text)
    if group:
        yield owners, group
