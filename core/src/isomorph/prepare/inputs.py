"""What may be passed to a call, and what is refused before any forward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from isomorph.errors import InputError


def is_single(inputs: Any) -> bool:
    """Whether this is one input rather than a batch: lists, tuples and arrays of texts are batches."""
    if isinstance(inputs, np.ndarray):
        return inputs.ndim == 0 or inputs.dtype.kind not in "UO"
    if isinstance(inputs, str | bytes | dict) or inputs is None:
        return True
    return not isinstance(inputs, Iterable)


def is_single_pair(inputs: Any) -> bool:
    """Whether this is one pair of texts rather than a batch of pairs."""
    if isinstance(inputs, np.ndarray):
        return inputs.ndim < 2 and inputs.size > 0 and inputs.dtype.kind in "UO"
    if not isinstance(inputs, list | tuple):
        return True
    return len(inputs) > 0 and not isinstance(inputs[0], list | tuple)


def as_pairs(inputs: Any) -> list[tuple[str, str]]:
    """The pairs of a batch, each a list or tuple of two texts.

    Raises:
        InputError: an element is not a pair of texts; says which and why.
    """
    batch: Sequence[Any] = inputs.tolist() if isinstance(inputs, np.ndarray) else list(inputs)
    for index, pair in enumerate(batch):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            what = f"of {len(pair)} parts" if isinstance(pair, list | tuple) else ""
            raise InputError(
                f"Input {index} is {type(pair).__name__} {what or f'({_shown(pair)})'}, but this model "
                "takes pairs of texts: [(query, document), …]."
            )
        for text in pair:
            if type(text) is not str:
                _check(index, text)
    return [(first, second) for first, second in batch]


def without_tasks(
    inputs: Sequence[Any], task: str | None, tasks: Sequence[str]
) -> tuple[Sequence[Any], str | None]:
    """Inputs and task of a batch whose texts may come as ``{task: text}``, the old way of saying it.

    Raises:
        InputError: the inputs name different tasks, or another one than the call.
    """
    if not len(inputs) or not any(_names_task(each, tasks) for each in inputs):
        return inputs, task
    named = {next(iter(each)) if _names_task(each, tasks) else None for each in inputs}
    if task is not None:
        named.add(task)
    if len(named) > 1:
        shown = sorted(map(str, named))
        raise InputError(f"All inputs of a call must be for one task; these are for {shown}.")
    return [next(iter(each.values())) for each in inputs], named.pop()


def _names_task(each: Any, tasks: Sequence[str]) -> bool:
    return isinstance(each, dict) and len(each) == 1 and next(iter(each)) in tasks


def as_texts(inputs: Any) -> list[str]:
    """The texts of a batch.

    Raises:
        InputError: an element is not a text, or not one that UTF-8 can encode; says which and why.
    """
    batch: Sequence[Any] = inputs.tolist() if isinstance(inputs, np.ndarray) else list(inputs)
    for index, text in enumerate(batch):
        if type(text) is not str:
            _check(index, text)
    return batch if isinstance(batch, list) else list(batch)


def _check(index: int, text: Any) -> None:
    if isinstance(text, str):
        return  # a subclass, such as numpy's str_
    hint = ""
    if isinstance(text, bytes):
        hint = " Decode it first: text.decode('utf-8')."
    elif text is None:
        hint = " Drop it, or pass ''."
    elif isinstance(text, int | float):
        hint = f" Pass str(...) of it: {str(text)!r}."
    raise InputError(
        f"Input {index} is {type(text).__name__} ({_shown(text)}), but this model takes texts.{hint}"
    )


def refuse_lone_surrogates(inputs: Sequence[Any]) -> None:
    """Looks through the texts, or pairs of texts, of a whole call; costs next to nothing for ASCII.

    Raises:
        InputError: a text cannot be encoded; says which and why.
    """
    for index, each in enumerate(inputs):
        for text in (each,) if isinstance(each, str) else each:
            if text.isascii():
                continue
            error = lone_surrogate([text], index)
            if error is not None:
                raise error


def lone_surrogate(texts: Sequence[str], first: int = 0) -> InputError | None:
    """The error for the first text that cannot be encoded, or None; `first` is the first one's index."""
    for index, text in enumerate(texts, first):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as cause:
            return InputError(
                f"Input {index} holds half of a surrogate pair, U+{ord(text[cause.start]):04X} at "
                f"position {cause.start}, which is not a character. Repair it with "
                "text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')."
            )
    return None


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."
