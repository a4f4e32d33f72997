"""Messages with images, in all forms in which callers pass them, as one value each.

    image                              what the user shows
    {"text": t, "image": i}            what the user says and shows, in this order; a list holds several
    (query, document)                  a pair, either of which may be an image or such a dictionary
    [{"role": …, "content": […]}, …]   messages, whose parts may be {"type": "image", "image": …}

What is said becomes JSON, in which a part without its image stands for each; the images stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.preprocess.fetch import Fetch
from isomorph.preprocess.messages.conversation import (
    PAIR,
    Conversation,
    Message,
    as_json,
    is_conversation,
    listed,
)
from isomorph.preprocess.pixels.decode import refuse_without_pillow
from isomorph.preprocess.pixels.forms import KEY, Picture, is_image, picture

TEXT = "text"
_OTHERS = ("audio", "video")
"""Modalities that dictionaries and parts may name, and that no model takes here."""
_HOLDING = {"image": ("image", "url", "path", "base64"), "image_url": ("image_url",)}
"""By the type of a part the keys under which it may hold an image."""
_SAYING_NOTHING = {"type", "detail"}


def has_media(value: Any) -> bool:
    """Whether an input of a model of messages holds more than texts."""
    if is_conversation(value):
        messages = [value] if isinstance(value, Mapping) else value
        return any(_holds_parts(each) for each in messages)
    if isinstance(value, list | tuple):
        return len(value) == len(PAIR) and any(map(has_media, value))
    if isinstance(value, Mapping):
        return bool(value) and set(value) <= {TEXT, KEY, *_OTHERS}
    return is_image(value)


def as_text(value: Any) -> Any:
    """The text of a dictionary that holds nothing else; anything else as it is."""
    if isinstance(value, Mapping) and set(value) == {TEXT} and isinstance(value[TEXT], str):
        return value[TEXT]
    return value


@dataclass(frozen=True, slots=True)
class _Seen:
    """The images of an input, and how those are fetched that lie at addresses."""

    fetch: Fetch | None
    images: list[Picture] = field(default_factory=list)


def spoken(value: Any, index: int, fetch: Fetch | None = None) -> Conversation:
    """An input of any of these forms.

    Args:
        value: what was passed.
        index: its place in the call.
        fetch: how images are fetched from addresses; None where they are not.

    Raises:
        InputError: it is of none of them; says which and why.
    """
    seen = _Seen(fetch)
    if is_conversation(value):
        messages = [_with_parts(each, index, seen) for each in listed(value, index)]
    elif isinstance(value, list | tuple):
        if len(value) != len(PAIR):
            raise InputError(
                f"Input {index} has {len(value)} parts; a pair is a query and a document."
            )
        messages = [
            {"role": role, "content": _parts(part, index, seen)}
            for role, part in zip(PAIR, value, strict=True)
        ]
    else:
        messages = [{"role": "user", "content": _parts(value, index, seen)}]
    return Conversation(as_json(messages, index), tuple(seen.images))


def _holds_parts(message: Any) -> bool:
    content = message.get("content") if isinstance(message, Mapping) else None
    parts = content if isinstance(content, list | tuple) else [content]
    return any(isinstance(p, Mapping) and p.get("type", TEXT) != TEXT for p in parts)


def _parts(value: Any, index: int, seen: _Seen) -> list[Message]:
    """What one says, part by part."""
    if not isinstance(value, Mapping):
        return [
            _part(
                TEXT if isinstance(value, str) and not is_image(value) else KEY,
                value,
                index,
                seen,
            )
        ]
    if not value:
        raise InputError(f"Input {index} is an empty dictionary.")
    found: list[Message] = []
    for kind, held in value.items():
        several = held if isinstance(held, list | tuple) else [held]
        if not several:
            raise InputError(f"Input {index} holds nothing under {shown(kind)}.")
        found.extend(_part(str(kind), each, index, seen) for each in several)
    return found


def _part(kind: str, held: Any, index: int, seen: _Seen) -> Message:
    if kind == TEXT and isinstance(held, str):
        return {"type": TEXT, TEXT: held}
    if kind == KEY:
        image = picture({KEY: held}, index, seen.fetch)
        refuse_without_pillow(image)
        seen.images.append(image)
        return {"type": KEY, KEY: ""}
    what = f"{shown(kind)}" if kind != TEXT else f"a text that is {type(held).__name__}"
    raise InputError(f"Input {index} holds {what}; this model takes texts and images.")


def _with_parts(message: Message, index: int, seen: _Seen) -> Message:
    """A message whose parts hold no images themselves."""
    content = message["content"]
    if isinstance(content, str) or content is None:
        return message
    parts: Sequence[Any] = content if isinstance(content, list | tuple) else [content]
    return {**message, "content": [_spoken_part(each, index, seen) for each in parts]}


def _spoken_part(part: Any, index: int, seen: _Seen) -> Message:
    if isinstance(part, str):
        return {"type": TEXT, TEXT: part}
    kind = part.get("type", TEXT) if isinstance(part, Mapping) else None
    if kind == TEXT and isinstance(part.get(TEXT), str):
        return dict(part)
    keys = _HOLDING.get(str(kind), ())
    held = [part[key] for key in keys if part.get(key) is not None]
    if len(held) != 1:
        what = f"a part of type {shown(kind)}" if kind else shown(part)
        raise InputError(
            f"Input {index} holds a message with {what}; parts are {{'type': 'text', 'text': …}} and "
            "{'type': 'image', 'image': …}."
        )
    strange = sorted(set(part) - set(keys) - _SAYING_NOTHING)
    if strange or part.get("detail") not in (None, "auto"):
        raise InputError(
            f"Input {index} sets {shown(strange[0] if strange else 'detail')} of an image, which is not "
            "done: pass the image as it is to be read."
        )
    image = held[0]
    return _part(KEY, image.get("url") if isinstance(image, Mapping) else image, index, seen)
