"""Messages to token ids: rendered, then tokenised as they are, with the template's tail kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from copy import copy
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.messages.conversation import (
    Message,
    is_pair,
    message,
    messages_of,
    skeleton,
)
from isomorph.preprocess.messages.renderer import Renderer
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder

_TAILS = 256
"""Tails that are remembered, one for each order of roles and each prompt."""


def renderer_for(text: Text) -> Renderer:
    """What renders the texts of a model that takes messages.

    Raises:
        Unsupported: jinja2 is not there.
        BadModel: the template or the tokenizer's settings are damaged.
    """
    from isomorph.preprocess.tokenizer_files import special_tokens_of  # imports the Rust library

    assert text.chat is not None
    tokens = special_tokens_of(text)
    return Renderer(text.chat, {role: token.content for role, token in tokens.named.items()})


class MessageEncoder:
    """Renders what a `TextEncoder` then tokenises; texts, pairs and conversations may be mixed."""

    def __init__(self, encoder: TextEncoder, renderer: Renderer) -> None:
        self._encoder = encoder
        self._renderer = renderer
        self._task: str | None = None
        self._tails: OrderedDict[tuple[str | None, str], list[int]] = OrderedDict()

    def of(self, task: str | None) -> MessageEncoder:
        """The encoder for inputs of a task; what was found out about templates is shared."""
        if task == self._task:
            return self
        other = copy(self)
        other._task = task
        return other

    @property
    def tokenizer(self) -> Any:
        """What splits the rendered text."""
        return self._encoder.tokenizer

    def encode(
        self, texts: Sequence[Any], max_length: int | None, prompt: str = "", exact: bool = False
    ) -> Encoded:
        """Ids of the rendered inputs, cut to `max_length` tokens; the prompt is said by the system.

        The end of a row that was cut is the fixed tail of the template: what reads the last token
        reads the one that the model was trained with.

        Raises:
            InputError: an input cannot be rendered.
            Unsupported: an input is a pair, and the template drops one of its texts.
            BadModel: the template asks for more than it may have.
        """
        spoken = [self._messages(each, prompt) for each in texts]
        plain = self._encoder.plain_ids(list(map(self._rendered, spoken)), max_length, exact)
        rows = [np.array(tokens.ids, np.int64) for tokens in plain]
        if max_length is not None and self._renderer.chat.keeps_tail:
            for row, messages in zip(rows, spoken, strict=True):
                if len(row) >= max_length:
                    self._restore(row, messages)
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        full = np.fromiter((tokens.count for tokens in plain), np.int64, len(rows))
        return Encoded(tuple(rows), lengths, full, text=self._encoder.text)

    def rendered(self, texts: Sequence[Any], prompt: str = "") -> list[str]:
        """The inputs as texts for the tokenizer.

        Raises:
            InputError, Unsupported, BadModel: as `encode` says.
        """
        return [self._rendered(self._messages(each, prompt)) for each in texts]

    def whole(self, rendered: Sequence[str]) -> list[NDArray[np.int64]]:
        """Ids of rendered texts, not cut."""
        return [np.array(tokens.ids, np.int64) for tokens in self._encoder.plain_ids(rendered)]

    def _rendered(self, messages: Sequence[Message]) -> str:
        return self._renderer.render(messages, self._task)

    def _messages(self, given: Any, prompt: str) -> list[dict[str, Any]]:
        form = self._renderer.chat.format
        if isinstance(given, str) and self._renderer.hears_pairs_alone(self._task):
            raise InputError(
                f"{self._renderer.chat.place} carries pairs alone, so that the text {shown(given)} would not "
                "reach the model: pass (query, document)."
            )
        messages = messages_of(given, form)
        if is_pair(messages):
            self._renderer.check_pairs(self._task)
        return [message("system", prompt, form), *messages] if prompt else messages

    def _restore(self, row: NDArray[np.int64], messages: Sequence[Message]) -> None:
        tail = self._tail(messages)[-len(row) :] if len(row) else []
        if tail:
            row[-len(tail) :] = tail

    def _tail(self, messages: Sequence[Message]) -> list[int]:
        """The last tokens that two conversations share which differ in every text."""
        key = self._task, repr(skeleton(messages, ""))
        found = self._tails.get(key)
        if found is None:  # and nobody reads it again: another thread may take it out
            found = self._tails[key] = self._found_tail(messages)
            if len(self._tails) > _TAILS:
                self._tails.popitem(last=False)
        return found

    def _found_tail(self, messages: Sequence[Message]) -> list[int]:
        fillers = ("0", "1 2 3 4")
        try:
            texts = [
                self._renderer.render(skeleton(messages, each), self._task) for each in fillers
            ]
        except InputError:  # the template reads what is said; then nothing of it is fixed
            return []
        one, two = (tokens.ids for tokens in self._encoder.plain_ids(texts))
        pairs = zip(reversed(one), reversed(two), strict=False)
        count = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return one[len(one) - count :] if 0 < count < min(len(one), len(two)) else []
