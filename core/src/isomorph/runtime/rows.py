"""What a forward gives each input, whoever stands beside it.

Padding is hidden by masks that multiply, and zero times what is not finite is not finite: where a table holds
such a row for the padding token, or for a position, a short text would be spoilt by a long one. So a padded
text whose numbers are not finite runs again without padding. What is left then is the text's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from isomorph.contract import Values
from isomorph.errors import OutOfMemory
from isomorph.postprocess.finite import all_finite
from isomorph.preprocess.protocol import Prepared
from isomorph.runtime.plan import Runner
from isomorph.runtime.sizes import padded
from isomorph.schedule.batches import Batch


@dataclass(frozen=True, slots=True)
class Rows:
    """Each text's index and its part of a result; the indices of texts whose numbers are not finite."""

    parts: list[tuple[int, NDArray[Any]]]
    not_finite: tuple[int, ...] = ()


def forward(
    runner: Runner, batch: Batch, prepared: Prepared, output: str, steady: bool = False
) -> Rows:
    """Runs a batch of texts: a row of the output each, or the rows of its real positions.

    Where memory is too short for the batch its texts are asked for again, fewer at once. With `steady` their
    shapes may not change.

    Raises:
        OutOfMemory: the memory is too short for one text, or for a `steady` batch.
    """
    if runner.sizes.limit is not None and not steady and len(batch.rows) > 1:
        size = _size(runner, batch, prepared)
        if not runner.sizes.holds(size):
            return _apart(runner, batch, prepared, output, size)
    try:
        values = _run(runner, batch, prepared)
    except OutOfMemory as cause:
        if len(batch.rows) == 1:
            raise OutOfMemory(
                f"{cause} One input, padded to {batch.width} positions, is too much already: cut inputs "
                "earlier (max_seq_length), or compute on another device."
            ) from cause
        if steady:
            raise
        size = _size(runner, batch, prepared)
        runner.sizes.shrink(size)
        return _apart(runner, batch, prepared, output, size)
    return _split(runner, batch, prepared, output, values)


def _size(runner: Runner, batch: Batch, prepared: Prepared) -> int:
    """Tokens of a forward, those of its padding among them where there is any."""
    return int(prepared.lengths[list(batch.rows)].sum()) if runner.ragged else padded(batch)


def _apart(runner: Runner, batch: Batch, prepared: Prepared, output: str, size: int) -> Rows:
    """A batch of `size` tokens that is too large, in several of the size that is known to fit.

    Raises:
        OutOfMemory: the engine has no smaller forward.
    """
    plan = runner.ends if runner.ragged else runner.batches
    smaller = [
        replace(each, rows=tuple(batch.rows[place] for place in each.rows))
        for each in plan(prepared.lengths[list(batch.rows)])
    ]
    if max(_size(runner, each, prepared) for each in smaller) >= size:
        raise OutOfMemory(
            f"{runner.plan.claim.device} has not enough memory for {len(batch.rows)} inputs at once, padded "
            f"to {batch.width} positions, and its engine has no smaller forward."
        )
    found = [forward(runner, each, prepared, output) for each in smaller]
    parts = [part for each in found for part in each.parts]
    return Rows(parts, tuple(index for each in found for index in each.not_finite))


def _split(runner: Runner, batch: Batch, prepared: Prepared, output: str, values: Values) -> Rows:
    """What each text of a batch gets of its values; a text alone where they are not finite."""
    parts = list(_parts(runner, batch, values[output], prepared))
    if all_finite(values[output]):
        return Rows(parts)
    strange = []
    for place, (index, part) in enumerate(parts):
        if all_finite(part):
            continue
        alone = runner.alone(index, int(prepared.lengths[index]))
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
