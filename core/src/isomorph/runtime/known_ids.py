"""Token ids held against the tables that they index, before an engine sees them.

Engines differ in what they make of an id behind the end of a table: an error of their own, or zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.model.model import Model
from isomorph.preprocess.tokenize import Encoded
from isomorph.primitives.tables import Table, tables
from isomorph.program import claimable, lower

_WAY_OUT = (
    "the tokenizer has tokens that the model has no vectors for. Resize the model's token embeddings and "
    "save it again (in transformers: model.resize_token_embeddings(len(tokenizer))), or take the token out "
    "of the tokenizer's files."
)


_FEW = 64


class KnownIds:
    """The tables that a model's ids and token types index; asked of every text, in a microsecond."""

    def __init__(self, found: Mapping[str, Table]) -> None:
        """The tables by the names of the feeds; {} where nobody knows them."""
        self._words = found.get("input_ids")
        self._types = found.get("token_type_ids")

    @classmethod
    def of(cls, model: Model) -> KnownIds:
        """By the model's operations; nothing is known of what does not lower.

        Raises:
            BadModel: ids are mapped to rows that are not there.
        """
        found: Mapping[str, Table] = {}
        with suppress(Unsupported, BadModel):  # who runs such a model has its own tables
            found = tables(lower(model.prefix(claimable(model)[0])))
        return cls(found)

    def check(
        self, encoded: Encoded, tokenizer: Callable[[], Any], input_of: Callable[[int], int]
    ) -> None:
        """Looks through texts; `input_of` is the index in the call of one of them.

        Raises:
            InputError: an id has no row in its table; names the input, the token and the table.
        """
        words, types = self._words, self._types
        if words is not None:
            for text, ids in enumerate(encoded.ids):
                if _beyond(ids, words.rows):
                    wrong = next(each for each in ids.tolist() if not 0 <= each < words.rows)
                    raise _unknown(input_of(text), wrong, words, tokenizer())
        if types is None or encoded.types is None:
            return
        for text, kinds in enumerate(encoded.types):
            if _beyond(kinds, types.rows):
                raise InputError(
                    f"Input {input_of(text)} has tokens of type {kinds.max()}, but the table {types.name!r} "
                    f"has {types.rows} rows: the tokenizer belongs to another model."
                )


def _beyond(ids: NDArray[np.int64], rows: int) -> bool:
    """Whether one of them is no row of a table. Of a few numbers Python knows it before numpy does."""
    if len(ids) < _FEW:
        listed = ids.tolist()
        return bool(listed) and (max(listed) >= rows or min(listed) < 0)
    return bool(ids.view(np.uint64).max() >= rows)  # negative ones are large


def _unknown(index: int, number: int, table: Table, tokenizer: Any) -> InputError:
    name = getattr(tokenizer, "id_to_token", lambda _: None)(number) if number >= 0 else None
    token = f"the token {name!r} with the id {number}" if name else f"a token with the id {number}"
    return InputError(
        f"Input {index} holds {token}, but the table {table.name!r} has {table.rows} rows: {_WAY_OUT}"
    )
