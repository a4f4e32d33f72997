"""Messages with images and videos, in all forms in which callers pass them, as one value each.

    image, or video                    what the user shows
    {"text": t, "image": i}            what the user says and shows, in this order; a list holds several
    {"video": [frame, frame]}          images in a list are one video, videos in a list are several
    (query, document)                  a pair, either of which may be an image or such a dictionary
    [{"role": …, "content": […]}, …]   messages, whose parts may be {"type": "image", "image": …}

What is said becomes JSON, in which a part without its image or video stands for each; those stand beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
from isomorph.preprocess.pixels.forms import KEY, Picture, is_image, picture
from isomorph.preprocess.sound.recognise import is_sound
from isomorph.preprocess.video.forms import KEY as VIDEO
from isomorph.preprocess.video.forms import Film, film, is_frames, is_video

TEXT = "text"
_OTHERS = ("audio",)
"""Modalities that dictionaries and parts may name, and that no model takes here."""
HOLDING = {
    "image": (KEY, ("image", "url", "path", "base64")),
    "image_url": (KEY, ("image_url",)),
    "video": (VIDEO, ("video", "url", "path")),
    "video_url": (VIDEO, ("video_url",)),
}
"""By the type of a part what it holds, and the keys under which it may."""
_SAYING_NOTHING = {"type", "detail"}
_OF_VIDEOS = " and {'type': 'video', 'video': …}"


def has_media(value: Any) -> bool:
    """Whether an input of a model of messages holds more than texts."""
    if is_conversation(value):
        messages = [value] if isinstance(value, Mapping) else value
        return any(_holds_parts(each) for each in messages)
    if isinstance(value, list | tuple):
        return len(value) == len(PAIR) and any(map(has_media, value))
    if isinstance(value, Mapping):
        return is_video(value) or (bool(value) and set(value) <= {TEXT, KEY, VIDEO, *_OTHERS})
    return is_image(value) or is_video(value)


def as_text(value: Any) -> Any:
    """The text of a dictionary that holds nothing else; anything else as it is."""
    if isinstance(value, Mapping) and set(value) == {TEXT} and isinstance(value[TEXT], str):
        return value[TEXT]
    return value


@dataclass(frozen=True, slots=True)
class _Seen:
    """The images and videos of an input, and how those are fetched that lie at addresses."""

    fetch: Fetch | None
    kinds: Collection[str]
    media: list[Picture | Film] = field(default_factory=list)


def spoken(
    value: Any, index: int, fetch: Fetch | None = None, kinds: Collection[str] = (KEY,)
) -> Conversation:
    """An input of any of these forms.

    Args:
        value: what was passed.
        index: its place in the call.
        fetch: how images and videos are fetched from addresses; None where they are not.
        kinds: those of `KEY` and `VIDEO` that the model takes beside texts.

    Raises:
        InputError: it is of none of them; says which and why.
    """
    seen = _Seen(fetch, kinds)
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
    return Conversation(as_json(messages, index), tuple(seen.media))


def _holds_parts(message: Any) -> bool:
    content = message.get("content") if isinstance(message, Mapping) else None
    parts = content if isinstance(content, list | tuple) else [content]
    return any(isinstance(p, Mapping) and p.get("type", TEXT) != TEXT for p in parts)


def _parts(value: Any, index: int, seen: _Seen) -> list[Message]:
    """What one says, part by part."""
    if isinstance(value, Mapping) and not value:
        raise InputError(f"Input {index} is an empty dictionary.")
    if is_conversation(value):
        raise InputError(
            f"Input {index} is a pair with a message in it. Pass what the message holds, or instead of the "
            f"pair two messages whose roles are {' and '.join(map(repr, PAIR))}."
        )
    if not isinstance(value, Mapping) or (is_video(value) and set(value) != {VIDEO}):
        return [_part(_kind(value, index), value, index, seen)]
    found: list[Message] = []
    for kind, held in value.items():
        one = not isinstance(held, list | tuple) or (kind == VIDEO and is_frames(held))
        several = [held] if one else held
        if not several:
            raise InputError(f"Input {index} holds nothing under {shown(kind)}.")
        found.extend(_part(str(kind), each, index, seen) for each in several)
    return found


def _kind(value: Any, index: int) -> str:
    """What a value is that no key names.

    Raises:
        InputError: nothing that is known without a key.
    """
    if is_video(value):
        return VIDEO
    if is_image(value):
        return KEY
    if isinstance(value, str):
        return TEXT
    if is_frames(value):
        raise InputError(
            f"Input {index} holds a {type(value).__name__} of images. The frames of a video are "
            f"{{'{VIDEO}': […]}}, several images are {{'{KEY}': […]}}."
        )
    if is_sound(value):
        return "audio"
    raise InputError(
        f"Input {index} holds {type(value).__name__} ({shown(value)}), which is no text, no image and no "
        f"video.{' Drop it, or pass the empty text.' if value is None else ''}"
    )


def _part(kind: str, held: Any, index: int, seen: _Seen) -> Message:
    if kind == TEXT and isinstance(held, str):
        return {"type": TEXT, TEXT: held}
    if kind == KEY and kind in seen.kinds:
        from isomorph.preprocess.pixels.decode import refuse_without_pillow  # texts alone need none

        image = picture({KEY: held}, index, seen.fetch)
        refuse_without_pillow(image)
        seen.media.append(image)
        return {"type": KEY, KEY: ""}
    if kind == VIDEO and kind in seen.kinds:
        seen.media.append(_readable(film(held, index, seen.fetch)))
        return {"type": VIDEO, VIDEO: ""}
    what = f"{shown(kind)}" if kind != TEXT else f"a text that is {type(held).__name__}"
    taken = " and ".join(f"{each}s" for each in (TEXT, *seen.kinds))
    raise InputError(f"Input {index} holds {what}; this model takes {taken}.")


def _readable(given: Film) -> Film:
    """A video whose libraries are there."""
    from isomorph.preprocess.pixels.decode import refuse_without_pillow  # texts alone need none
    from isomorph.preprocess.video.container import refuse_without_av

    if isinstance(given.source, tuple):
        for each in given.source:
            refuse_without_pillow(each)
    refuse_without_av(given)
    return given


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
    holds, keys = HOLDING.get(str(kind), (KEY, ()))
    held = [part[key] for key in keys if part.get(key) is not None]
    if len(held) != 1:
        what = f"a part of type {shown(kind)}" if kind else shown(part)
        raise InputError(
            f"Input {index} holds a message with {what}; parts are {{'type': 'text', 'text': …}}, "
            f"{{'type': 'image', 'image': …}}{_OF_VIDEOS if VIDEO in seen.kinds else ''}."
        )
    strange = sorted(set(part) - set(keys) - _SAYING_NOTHING)
    if strange or part.get("detail") not in (None, "auto"):
        raise InputError(
            f"Input {index} sets {shown(strange[0] if strange else 'detail')} of one {holds}, which is not "
            f"done: pass the {holds} as it is to be read, or options of the processor in processor_kwargs."
        )
    own = held[0]
    addressed = isinstance(own, Mapping) and set(own) <= {"url", *_SAYING_NOTHING}
    return _part(holds, own.get("url") if addressed else own, index, seen)
