"""What may be passed to a call, and what is refused before any forward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.preprocess.looks import modality_of
from isomorph.preprocess.messages.chat import Chat
from isomorph.preprocess.messages.conversation import (
    Conversation,
    is_conversation,
    with_conversations,
)

TEXT_ARRAYS = "UOT"
"""Kinds of arrays that hold texts: of one width, as objects, and numpy's own strings."""
_PAIRS = "pairs of texts: [(query, document), …]"


def is_single(inputs: Any) -> bool:
    """Whether this is one input rather than a batch.

    Lists, tuples, arrays of texts and whatever else can be iterated are batches; a conversation, which
    is a list of messages, is one input.
    """
    if isinstance(inputs, str):
        return True
    if isinstance(inputs, list):
        return bool(inputs) and _is_message(inputs[0])
    if isinstance(inputs, np.ndarray):
        return inputs.ndim == 0 or inputs.dtype.kind not in TEXT_ARRAYS
    return _is_one_thing(inputs)


def is_single_pair(inputs: Any) -> bool:
    """Whether this is one pair of texts rather than a batch of pairs."""
    if isinstance(inputs, list | tuple):
        return len(inputs) > 0 and not isinstance(inputs[0], list | tuple | np.ndarray)
    if isinstance(inputs, np.ndarray):
        texts = inputs.dtype.kind in TEXT_ARRAYS
        return not texts or (inputs.ndim < 2 and inputs.size > 0 and not _holds_rows(inputs))
    return _is_one_thing(inputs)


def are_pairs(inputs: Any) -> bool:
    """Whether a batch that may hold single texts begins with a pair of them: ``[("a", "b"), …]``."""
    if isinstance(inputs, np.ndarray):
        rows = inputs.dtype.kind in TEXT_ARRAYS and inputs.ndim == 2 and inputs.shape[1] == 2
        return rows and len(inputs) > 0 and all(isinstance(each, str) for each in inputs[0])
    first = inputs[0] if isinstance(inputs, list | tuple) and inputs else None
    if not isinstance(first, list | tuple) or len(first) != 2:
        return False
    return all(isinstance(each, str) for each in first)


def texts_of(inputs: Any) -> tuple[bool, Sequence[Any]]:
    """Whether `inputs` are a single one, and the batch of them, not looked through yet.

    Raises:
        InputError: what was passed has no order.
    """
    if isinstance(inputs, str):
        return True, [inputs]
    if is_single(inputs):
        return True, [
            inputs.item() if isinstance(inputs, np.ndarray) and not inputs.ndim else inputs
        ]
    return False, as_list(inputs)


def pairs_of(inputs: Any) -> tuple[bool, list[tuple[str, str]]]:
    """Whether `inputs` are a single pair, and the batch of pairs.

    Raises:
        InputError: an element is not a pair of texts; says which and why.
    """
    if is_single_pair(inputs):
        return True, as_pairs([as_list(inputs) if isinstance(inputs, np.ndarray) else inputs])
    batch = as_list(inputs)
    # What can be iterated but not be looked at, such as a column of a table, may be a pair too.
    single = not isinstance(inputs, list | tuple | np.ndarray) and is_single_pair(batch)
    return single, as_pairs([batch] if single else batch)


def as_list(inputs: Any, what: str = "inputs") -> list[Any]:
    """The elements of whatever holds several: a list, an array, a column or rows of a table, an iterator.

    Raises:
        InputError: it is a single thing, or holds them in no order.
    """
    if isinstance(inputs, list | tuple):
        return list(inputs)
    if isinstance(inputs, set | frozenset):
        raise InputError(f"{what} is a set, which has no order: nobody knew which result is whose.")
    if isinstance(inputs, str | bytes | bytearray | Mapping) or not isinstance(inputs, Iterable):
        raise InputError(
            f"{what} is {type(inputs).__name__} ({shown(inputs)}); pass a list, a tuple or an array."
        )
    if len(getattr(inputs, "shape", ())) > 1:
        inputs = np.asarray(inputs, object)  # a table iterates over its columns
    whole = getattr(inputs, "tolist", None) or getattr(inputs, "to_pylist", None)
    found = whole() if callable(whole) else list(inputs)
    return found if isinstance(found, list) else [found]


def as_pairs(inputs: Any) -> list[tuple[str, str]]:
    """The pairs of a batch, each a list, tuple or array of two texts.

    Raises:
        InputError: an element is not a pair of texts; says which and why.
    """
    pairs: list[tuple[str, str]] = []
    for index, pair in enumerate(as_list(inputs)):
        parts = pair if isinstance(pair, list | tuple) else _parts(pair)
        if parts is None or len(parts) != 2:
            what = f"({shown(pair)})" if parts is None else f"of {len(parts)} parts"
            raise InputError(
                f"Input {index} is {type(pair).__name__} {what}, but this model takes {_PAIRS}."
            )
        first, second = parts
        if type(first) is not str or type(second) is not str:
            _check(index, first, _PAIRS)
            _check(index, second, _PAIRS)
        pairs.append((first, second))
    return pairs


def _parts(pair: Any) -> list[Any] | None:
    """The members of an array or of a row of a table; None for what has none."""
    whole = getattr(pair, "tolist", None)
    found = whole() if callable(whole) else None
    return found if isinstance(found, list) else None


def _is_one_thing(inputs: Any) -> bool:
    """Whether this holds no inputs in an order; a tensor does not, whatever it can be iterated for."""
    unordered = isinstance(inputs, str | bytes | bytearray | Mapping | set | frozenset)
    return unordered or hasattr(inputs, "detach") or not isinstance(inputs, Iterable)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and "role" in value and "content" in value


def _holds_rows(array: np.ndarray[Any, Any]) -> bool:
    return array.ndim == 1 and isinstance(array[0], list | tuple | np.ndarray)


def read_texts(inputs: Any, chat: Chat | None) -> tuple[bool, Sequence[Any]]:
    """Whether `inputs` are a single text, and the batch; with `chat` conversations may be among them.

    Raises:
        InputError: an element is not a text; says which and why.
    """
    if inputs is None:
        raise InputError("Input 0 is None, but this model takes texts.")
    single, batch = texts_of(inputs)
    return single, as_texts(batch if chat is None else with_conversations(batch, chat))


def read_pairs(inputs: Any, chat: Chat | None) -> tuple[bool, Sequence[Any]]:
    """Whether `inputs` are a single pair, and the batch; with `chat` a conversation may be a pair.

    Raises:
        InputError: an element is not a pair of texts; says which and why.
    """
    if inputs is None:
        raise InputError("Input 0 is None, but this model takes pairs of texts.")
    if chat is None:
        return pairs_of(inputs)
    if is_conversation(inputs):
        return True, with_conversations([inputs], chat)
    if not (isinstance(inputs, list) and any(map(is_conversation, inputs))):
        return pairs_of(inputs)
    spoken = with_conversations(inputs, chat)
    places = [i for i, each in enumerate(spoken) if not isinstance(each, Conversation)]
    for place, pair in zip(places, as_pairs([spoken[i] for i in places]), strict=True):
        spoken[place] = pair
    return False, spoken


def without_tasks(inputs: Any, task: str | None, tasks: Sequence[str]) -> tuple[Any, str | None]:
    """Inputs and task of a call whose inputs may come as ``{task: text}``, the old way of saying it.

    Raises:
        InputError: the inputs name different tasks, or another one than the call.
    """
    if _names_task(inputs, tasks):
        return next(iter(inputs.values())), _one_task({next(iter(inputs))}, task)
    if isinstance(inputs, str) or inputs is None or is_single(inputs):
        return inputs, task
    batch = as_list(inputs)
    if not any(_names_task(each, tasks) for each in batch):
        return batch, task
    named = {next(iter(each)) if _names_task(each, tasks) else None for each in batch}
    task = _one_task(named, task)
    return [next(iter(each.values())) for each in batch], task


def _one_task(named: set[str | None], task: str | None) -> str | None:
    named = named if task is None else named | {task}
    if len(named) > 1:
        said = sorted(map(str, named))
        raise InputError(f"All inputs of a call must be for one task; these are for {said}.")
    return next(iter(named))


def _names_task(each: Any, tasks: Sequence[str]) -> bool:
    return isinstance(each, dict) and len(each) == 1 and next(iter(each)) in tasks


def as_texts(inputs: Any) -> list[str]:
    """The texts of a batch.

    Raises:
        InputError: an element is not a text; says which and why.
    """
    batch = as_list(inputs)
    named: dict[int, str] = {}
    for index, text in enumerate(batch):
        if type(text) is not str:
            if isinstance(text, dict) and text.keys() == {"text"} and isinstance(text["text"], str):
                named[index] = text["text"]  # the way of inputs that have more than a text
            else:
                _check(index, text)
    return [named.get(index, text) for index, text in enumerate(batch)] if named else batch


def _check(index: int, text: Any, taken: str = "texts") -> None:
    if isinstance(text, str | Conversation):
        return  # a subclass, such as numpy's str_; or messages to a model that takes them
    hint = ""
    if isinstance(text, bytes):
        hint = " Decode it first: text.decode('utf-8')."
    elif text is None:
        hint = " Drop it, or pass ''."
    elif isinstance(text, int | float):
        hint = f" Pass str(...) of it: {shown(text)!r}."
    elif is_conversation(text):
        hint = " No chat template of its files renders messages."
    elif (modality := modality_of(text)) is not None:
        hint = f" Inputs of modality {modality!r} are not supported."
    raise InputError(
        f"Input {index} is {type(text).__name__} ({shown(text)}), but this model takes {taken}.{hint}"
    )


def refuse_lone_surrogates(inputs: Sequence[Any], first: int = 0) -> None:
    """Looks through the texts, or pairs of texts, of a whole call; costs next to nothing for ASCII.

    Raises:
        InputError: a text cannot be encoded; says which and why.
    """
    for index, each in enumerate(inputs, first):
        for text in (each,) if isinstance(each, str) else each:
            if isinstance(text, tuple) or text.isascii():  # or the images of a conversation
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
