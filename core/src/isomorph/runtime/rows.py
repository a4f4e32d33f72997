"""What a forward gives each input, whoever stands beside it.

Padding is hidden by masks that multiply, and zero times what is not finite is not finite: where a table holds
such a row for the padding token, or for a position, a short text would be spoilt by a long one. So a padded
text whose numbers are not finite runs again without padding. What is left then is the text's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from isomorph.contract import Values
from isomorph.postprocess.finite import all_finite
from isomorph.preprocess.protocol import Prepared
from isomorph.runtime.plan import Runner
from isomorph.schedule.batches import Batch


@dataclass(frozen=True, slots=True)
class Rows:
    """Each text's index and its part of a result; the indices of texts whose numbers are not finite."""

    parts: list[tuple[int, NDArray[Any]]]
    not_finite: tuple[int, ...] = ()


def forward(runner: Runner, batch: Batch, prepared: Prepared, output: str) -> Rows:
    """Runs a batch of texts: a row of the output each, or the rows of its real positions."""
    values = _run(runner, batch, prepared)
    parts = list(_parts(runner, batch, values[output], prepared))
    if all_finite(values[output]):
        return Rows(parts)
    strange = []
    for place, (index, part) in enumerate(parts):
        if all_finite(part):
            continue
        alone = Batch((index,), max(1, int(prepared.lengths[index])))
        if runner.padded and alone.width < batch.width:
            again = _run(runner, alone, prepared)
            (parts[place],) = _parts(runner, alone, again[output], prepared)
        if not all_finite(parts[place][1]):
            strange.append(index)
    return Rows(parts, tuple(strange))


def _run(runner: Runner, batch: Batch, prepared: Prepared) -> Values:
    return runner.forward(prepared.feeds(batch.rows, batch.width, batch.blank, runner.fed))


def _parts(
    runner: Runner, batch: Batch, array: NDArray[Any], prepared: Prepared
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Each text's part of a batch's result; positions that are padding are left out."""
    for row, index in enumerate(batch.rows):
        if array.ndim < 3:
            yield index, array[row]
            continue
        length = int(prepared.lengths[index])
        yield index, array[row, batch.width - length :] if runner.left else array[row, :length]
