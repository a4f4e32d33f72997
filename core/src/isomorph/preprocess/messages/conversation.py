"""Texts, pairs and conversations as messages: who says what, in the form that a template reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.preprocess.messages.chat import FLAT, Chat

if TYPE_CHECKING:
    from isomorph.preprocess.pixels.forms import Picture
    from isomorph.preprocess.video.forms import Film

Message = Mapping[str, Any]
MESSAGE = "message"
"""The modality of messages."""
PAIR = ("query", "document")
"""The roles of the two texts of a pair."""
_REASONING = ("reasoning_content", "thinking", "reasoning")


class Conversation(NamedTuple):
    """Messages as one value that can be compared, hashed and sent to workers."""

    written: str
    """Their JSON."""
    media: tuple[Picture | Film, ...] = ()
    """The images and videos of their parts, in the order in which they stand there."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages, as they were given; keys whose value is null are left out, as in transformers."""
        found = json.loads(self.written)
        return [{key: each[key] for key in each if each[key] is not None} for each in found]


def is_conversation(given: object) -> bool:
    """Whether this is a message, or a list that begins with one."""
    first = given[0] if isinstance(given, list) and given else given
    return isinstance(first, Mapping) and "role" in first and "content" in first


def with_conversations(batch: Sequence[Any], chat: Chat | None) -> list[Any]:
    """The inputs of a model that takes messages, each conversation among them as one value.

    Raises:
        InputError: a conversation holds what is no message, or something other than text.
    """
    if chat is None:
        return list(batch)
    return [
        conversation(each, index) if is_conversation(each) else each
        for index, each in enumerate(batch)
    ]


def conversation(given: Any, index: int) -> Conversation:
    """The input with this index, a message or a list of them.

    Raises:
        InputError: one of them is no message, or holds something other than text.
    """
    messages = listed(given, index)
    for message in messages:
        _check_content(message["content"], index)
    return Conversation(as_json(messages, index))


def listed(given: Any, index: int) -> list[Message]:
    """The messages of an input, which is one or a list of them.

    Raises:
        InputError: one of them is none.
    """
    messages = [given] if isinstance(given, Mapping) else list(given)
    for message in messages:
        if isinstance(message, list) or not is_conversation(message):
            raise InputError(
                f"Input {index} holds {shown(message)} among messages; a message is an object with "
                "'role' and 'content'."
            )
    return messages


def as_json(messages: Sequence[Message], index: int) -> str:
    """Messages as one text.

    Raises:
        InputError: they hold what JSON does not.
    """
    try:
        return json.dumps(messages, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as cause:
        raise InputError(
            f"Input {index} holds messages that are no plain texts, numbers, lists and objects: {cause}."
        ) from cause


def _check_content(content: object, index: int) -> None:
    """Refuses content that is not text."""
    if isinstance(content, str) or content is None:
        return
    parts = content if isinstance(content, list | tuple) else [content]
    for part in parts:
        known: Mapping[str, Any] = part if isinstance(part, Mapping) else {"type": None}
        kind = known.get("type", "text")
        if kind != "text" or not isinstance(known.get("text"), str):
            what = f"a part of type {shown(kind)}" if kind else shown(part)
            raise InputError(
                f"Input {index} holds a message with {what}; this version takes messages of text, whose "
                "content is a text or a list of {'type': 'text', 'text': …}."
            )


def messages_of(given: str | tuple[str, str] | Conversation, form: str) -> list[dict[str, Any]]:
    """A text is what the user says, a pair a query and a document; a conversation speaks for itself."""
    if isinstance(given, Conversation):
        return given.messages
    if isinstance(given, str):
        return [message("user", given, form)]
    return [message(role, text, form) for role, text in zip(PAIR, given, strict=True)]


def message(role: str, text: str, form: str) -> dict[str, Any]:
    """One message of text."""
    content = text if form == FLAT else [{"type": "text", "text": text}]
    return {"role": role, "content": content}


def is_pair(messages: Sequence[Message]) -> bool:
    """Whether the messages hold both roles of a pair."""
    return set(PAIR) <= {str(each.get("role")) for each in messages}


def skeleton(messages: Sequence[Message], filler: str) -> list[dict[str, Any]]:
    """The messages with another text in place of each, but for those of the system."""
    part = [{"type": "text", "text": filler}]
    return [
        dict(each)
        if each.get("role") == "system"
        else {**each, "content": part if isinstance(each.get("content"), list) else filler}
        for each in messages
    ]


def with_reasoning(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """What an assistant thought goes by three names; templates read one or the other."""
    found = []
    for each in messages:
        thought = next((each[key] for key in _REASONING if each.get(key) is not None), None)
        if thought is None:
            found.append(dict(each))
        else:
            found.append({"thinking": thought, **each, "reasoning_content": thought})
    return found
