"""Numbers held against the tables that they index, such as token ids, before an engine sees them.

Engines differ in what they make of an id behind the end of a table: an error of their own, or zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.model.model import Model
from isomorph.preprocess.protocol import Prepared
from isomorph.primitives.tables import Table, tables
from isomorph.program import Program, claimable, lower

_FEW = 64


class KnownIds:
    """The tables that what is fed indexes; asked of every input, in a microsecond."""

    def __init__(self, found: Mapping[str, Table]) -> None:
        """The tables by the names of the feeds; {} where nobody knows them."""
        self._tables = found

    @classmethod
    def of(cls, model: Model) -> KnownIds:
        """By the model's operations; nothing is known of what does not lower.

        Raises:
            BadModel: ids are mapped to rows that are not there.
        """
        found: Mapping[str, Table] = {}
        with suppress(Unsupported, BadModel):  # who runs such a model has its own tables
            found = tables(_as_far_as_known(model))
        return cls(found)

    def check(
        self,
        prepared: Prepared,
        beyond: Callable[[str, int, Table], str],
        input_of: Callable[[int], int],
    ) -> None:
        """Looks through inputs.

        Args:
            prepared: the inputs.
            beyond: what an error says of an input, by feed, number and table.
            input_of: the index in the call of one of the inputs.

        Raises:
            InputError: a number has no row in its table; names the input, the number and the table.
        """
        tables = self._tables
        if not tables:
            return
        for feed, indices in prepared.indices.items():
            table = tables.get(feed)
            if table is None:
                continue
            rows = table.rows
            for item, numbers in enumerate(indices):
                if _beyond(numbers, rows):
                    wrong = next(each for each in numbers.tolist() if not 0 <= each < rows)
                    raise InputError(f"Input {input_of(item)} {beyond(feed, wrong, table)}")


def _beyond(ids: NDArray[np.int64], rows: int) -> bool:
    """Whether one of them is no row of a table. Of a few numbers Python knows it before numpy does."""
    if len(ids) < _FEW:
        listed = ids.tolist()
        return bool(listed) and (max(listed) >= rows or min(listed) < 0)
    return bool(ids.view(np.uint64).max() >= rows)  # negative ones are large


def _as_far_as_known(model: Model) -> Program:
    """The program of the modules that lower, which most often are all."""
    try:
        return lower(model)
    except Unsupported:
        return lower(model.prefix(claimable(model)[0]))
