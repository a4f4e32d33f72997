"""Texts as token ids, and the arrays that a batch of them becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from isomorph.preprocess.text import Filled, Text


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of texts, in the order of the texts; what `Prepared` says of them.

    `lengths` counts tokens after the cut, special ones included; `full_lengths` before it, of a text that was
    cut perhaps only those that were read.
    `prompted` is the number of leading tokens that belong to the prompt, or counts them: few models ask.
    `types` are token types, one array a text beside its ids, None where all of them are 0. `seen` is 0 at
    tokens of a row that the others do not attend to, though their vectors count; None where there are none.
    `text` says how rows are padded.
    """

    ids: tuple[NDArray[np.int64], ...]
    lengths: NDArray[np.int64]
    full_lengths: NDArray[np.int64]
    prompted: int | Callable[[], int] = 0
    types: tuple[NDArray[np.int64], ...] | None = None
    seen: tuple[NDArray[np.int64], ...] | None = None
    text: Text = field(default_factory=Text)

    @property
    def prompt_length(self) -> int:
        """Leading tokens that belong to the prompt."""
        return self.prompted if isinstance(self.prompted, int) else self.prompted()

    @property
    def truncated(self) -> NDArray[np.int64]:
        """Indices of the texts that were cut."""
        return np.flatnonzero(self.full_lengths > self.lengths)

    @property
    def attended(self) -> NDArray[np.int64]:
        """How many tokens of each text the others attend to."""
        if self.seen is None:
            return self.lengths
        return np.array([seen.sum() for seen in self.seen], np.int64)

    @property
    def indices(self) -> Mapping[str, Sequence[NDArray[np.int64]]]:
        """Ids index the word table, and token types theirs."""
        found: dict[str, Sequence[NDArray[np.int64]]] = {"input_ids": self.ids}
        if self.types is not None:
            found["token_type_ids"] = self.types
        return found

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[np.int64]]:
        """The arrays that a graph reads for some texts: padded, or ragged where it reads ``offsets``.

        Args:
            rows: the texts by index.
            width: the length to which they are padded.
            blank: rows of padding behind them.
            names: what the graph reads.
        """
        if "offsets" in names:
            return self._ragged(rows)
        shape = (len(rows) + blank, width)
        ids = np.full(shape, self.text.pad_id, np.int64)
        mask = np.zeros(shape, np.int64)
        types = np.zeros(shape, np.int64) if "token_type_ids" in names else None
        left = self.text.padding_side == "left"
        for row, index in enumerate(rows):
            tokens = self.ids[index]
            place = slice(width - len(tokens), None) if left else slice(len(tokens))
            ids[row, place] = tokens
            mask[row, place] = 1 if self.seen is None else self.seen[index]
            if types is not None and self.types is not None:
                types[row, place] = self.types[index]
        mask[len(rows) :] = 1  # a row without a single token has no mean
        made: dict[str, NDArray[np.int64]] = {"input_ids": ids, "attention_mask": mask}
        if types is not None:
            made["token_type_ids"] = types
        if "prompt_length" in names:
            made["prompt_length"] = np.full(len(ids), self.prompt_length, np.int64)
        return made

    def _ragged(self, rows: Sequence[int]) -> Mapping[str, NDArray[np.int64]]:
        tokens = [self.ids[index] for index in rows]
        offsets = np.zeros(len(tokens), np.int64)
        np.cumsum([len(row) for row in tokens[:-1]], out=offsets[1:])
        ids = np.concatenate(tokens) if tokens[1:] else tokens[0]
        return {"input_ids": ids.astype(np.int64, copy=False), "offsets": offsets}


def filled(encoded: Encoded, how: Filled, padding: int) -> Encoded:
    """The texts with as many padding tokens as each lacks; no text is longer than `how` says."""
    ids, seen = [], []
    for row in encoded.ids:
        lack = max(0, how.length - len(row))
        sides = (lack, 0) if how.side == "left" else (0, lack)
        ids.append(np.pad(row, sides, constant_values=padding))
        seen.append(np.pad(np.ones(len(row), np.int64), sides, constant_values=int(not how.masked)))
    lengths = np.array([len(row) for row in ids], np.int64)
    cut = encoded.full_lengths > encoded.lengths
    return replace(
        encoded,
        ids=tuple(ids),
        seen=tuple(seen) if how.masked else None,
        lengths=lengths,
        full_lengths=lengths + cut,
    )
