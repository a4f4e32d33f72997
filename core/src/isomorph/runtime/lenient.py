"""Calls to which a bad input is a row of NaN: another input stands in its place, and nobody reads that row.

So everything behind the reading of inputs, from the scheduler to workers, sees as many inputs as the
caller passed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.inputs import as_list, is_single_pair
from isomorph.preprocess.protocol import Inputs, Prepared, Preparer, Treatment
from isomorph.schedule.distinct import Distinct

Refused = dict[int, str]
"""The reason for each bad input, by its place."""

_PAIR = ("a", "b")
"""What stands in the place of a bad pair."""
_TOKENS = 2
"""Axes of the vectors of one input that has a vector a token."""
_PLACE = re.compile(r"^Input \d+ ")


def reason(cause: InputError) -> str:
    """What is wrong with an input, without its place: that of a part of a call says nothing of the whole."""
    return _PLACE.sub("", str(cause))


def nothing(row: NDArray[Any]) -> NDArray[Any]:
    """A row of NaN like this one."""
    return np.full_like(row, np.nan)


def in_place_of(row: NDArray[Any]) -> NDArray[Any]:
    """What a call returns of a bad input: a row of NaN, one too where others have a row a token."""
    if row.ndim == _TOKENS:
        return np.full((1, row.shape[1]), np.nan, row.dtype)
    return nothing(row)


def read_anyway(inputs: Any, given: Any, pairs: bool = False) -> tuple[bool, list[Any], Refused]:
    """As `Inputs.read` and `Inputs.check`, with a sample in the place of each bad input.

    Raises:
        InputError: what was passed holds no inputs in an order.
    """
    single = is_single_pair(given) if pairs else inputs.is_single(given)
    whole = isinstance(given, np.ndarray) and given.dtype.kind not in "OUS"
    batch = [given] if single else list(given) if whole else as_list(given)
    items: list[Any] = []
    refused: Refused = {}
    for index, value in enumerate(batch):
        try:
            item = _one(inputs, value, index, pairs)
            inputs.check([item], index)
        except InputError as cause:
            refused[index] = reason(cause)
            item = _one(inputs, _PAIR, index, pairs) if pairs else inputs.sample(1)
        items.append(item)
    return single, items, refused


def _one(inputs: Any, value: Any, index: int, pairs: bool) -> Any:
    """An input in the form that is prepared."""
    own = getattr(inputs, "item", None)
    return own(value, index) if own is not None else inputs.read([value], pairs)[1][0]


def prepared_anyway(
    preparer: Preparer,
    inputs: Inputs,
    items: Sequence[Any],
    job: Treatment,
    start: int,
    refused: Refused,
) -> Prepared:
    """Inputs prepared, with a sample in the place of each bad one, which `refused` then names.

    Args:
        preparer: of the chain, as are the `inputs`.
        inputs: what makes samples.
        items: the inputs of a window.
        job: the call.
        start: the place of the first one among those of `refused`.
        refused: gets the reasons.
    """

    def spare(place: int, cause: InputError) -> None:
        refused[start + place] = reason(cause)

    try:
        return preparer.prepare(items, replace(job, spare=spare), start)
    except InputError:
        kept = list(items)  # the preparer knows of no sparing: the bad ones are found one by one
    for place, item in enumerate(items):
        try:
            preparer.prepare([item], job, start + place)
        except InputError as cause:
            spare(place, cause)
            paired = job.pairs and inputs.modality == "text"
            kept[place] = _PAIR if paired else inputs.sample(1)
    return preparer.prepare(kept, job, start)


def spread(refused: Refused, distinct: Distinct) -> tuple[tuple[int, str], ...]:
    """The reasons by the places of inputs, of those by the places of distinct items."""
    found = [(index, why) for item, why in refused.items() for index in distinct.inputs_of([item])]
    return tuple(sorted(found))
