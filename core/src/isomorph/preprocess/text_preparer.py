"""Texts, pairs and conversations to token ids: which encoder a call takes, all around one tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from isomorph.errors import BadModel, Unsupported
from isomorph.machine.lazy import lazy
from isomorph.preprocess.encoded import Encoded, filled
from isomorph.preprocess.expansion import ExpandingEncoder
from isomorph.preprocess.protocol import Inputs, Treatment
from isomorph.preprocess.text import Filled, Text
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.primitives.tables import Table

if TYPE_CHECKING:
    from isomorph.preprocess.messages.encoder import MessageEncoder
    from isomorph.preprocess.pairs import PairEncoder
    from isomorph.preprocess.words import WordEncoder

_OUTSIDE = ("max_length", "truncation_side", "filled", "chat")
"""What is said of texts, and is nothing to the tokenizer."""
_WAY_OUT = (
    "the tokenizer has tokens that the model has no vectors for. Resize the model's token embeddings and "
    "save it again (in transformers: model.resize_token_embeddings(len(tokenizer))), or take the token out "
    "of the tokenizer's files."
)


class IdsOf(Protocol):
    """Texts of one form to token ids, from any number of threads at once."""

    def encode(
        self, texts: Sequence[Any], max_length: int | None, prompt: str = "", exact: bool = False
    ) -> Encoded:
        """Ids of prompt + text, cut to `max_length` tokens; full lengths of cut texts need be `exact` or not.

        Raises:
            InputError: a text is not encodable.
        """


def asks_for_the_same(one: Text, other: Text) -> bool:
    """Whether two texts want one tokenizer: they differ in what is done before and behind it alone."""
    own = {name: getattr(other, name) for name in _OUTSIDE}
    return replace(one, **own) == other


class TextPreparer:
    """One tokenizer, and the encoders for all that texts may come as; a `Preparer`."""

    def __init__(self, text: Text) -> None:
        """Loads the tokenizer.

        Raises:
            BadModel: the tokenizer cannot be read, or there is none.
            Unsupported: a library that it needs is not installed.
        """
        self._text = text
        self._plain: TextEncoder | WordEncoder
        if text.words:
            from isomorph.preprocess.words import WordEncoder, read_words

            self._plain = WordEncoder(read_words(text), text)
        else:
            self._plain = TextEncoder(text)

    @property
    def native(self) -> Any:
        """The tokenizer; it has at least ``get_vocab_size()`` and ``decode(ids, …)``."""
        return self._plain.tokenizer

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> Encoded:
        """Token ids of texts, of pairs, or of conversations.

        Raises:
            InputError: a text is not encodable, or a template does not render it.
            Unsupported: the model takes no such input, or cuts texts on one side alone.
        """
        if how.truncation_side not in (None, self._text.truncation_side):
            return self._turned.prepare(items, replace(how, truncation_side=None), first)
        special = how.pairs or how.expansion is not None or self._text.chat is not None
        encoder = self._special(how) if special else self._plain
        found = encoder.encode(items, how.max_length, how.prompt, how.refuse_long)
        return found if self._text.filled is None else self._filled(found, self._text.filled)

    def again(self, inputs: Inputs) -> TextPreparer | None:
        """The same tokenizer for inputs that ask for no other; None for others."""
        if not isinstance(inputs, Text) or not isinstance(self._plain, TextEncoder):
            return None
        if not asks_for_the_same(self._text, inputs):
            return None
        return self._around(self._plain.saying(inputs))

    @lazy
    def _turned(self) -> TextPreparer:
        """The same, which cuts texts on their other side."""
        if not isinstance(self._plain, TextEncoder):
            raise Unsupported("This model reads texts word by word, and keeps their first words.")
        return self._around(self._plain.turned())

    @staticmethod
    def _around(encoder: TextEncoder) -> TextPreparer:
        other = TextPreparer.__new__(TextPreparer)
        other._plain = encoder
        other._text = encoder.text
        return other

    def _filled(self, encoded: Encoded, how: Filled) -> Encoded:
        """Texts with padding that the model sees.

        Raises:
            BadModel: the tokenizer has no such token.
        """
        padding = self.native.token_to_id(how.token)
        if padding is None:
            raise BadModel(f"The tokenizer has no token {how.token!r}, which fills up texts.")
        return filled(encoded, how, padding)

    def beyond(self, feed: str, index: int, table: Table) -> str:
        """The token by its text and its id, and what to do."""
        there = f"the table {table.name!r} has {table.rows} rows"
        if feed != "input_ids":
            return (
                f"has tokens of type {index}, but {there}: the tokenizer belongs to another model."
            )
        text = getattr(self.native, "id_to_token", lambda _: None)(index) if index >= 0 else None
        token = (
            f"the token {text!r} with the id {index}" if text else f"a token with the id {index}"
        )
        return f"holds {token}, but {there}: {_WAY_OUT}"

    def _special(self, how: Treatment) -> IdsOf:
        """The one for whatever is no plain text."""
        if how.pairs and how.expansion is not None:
            raise Unsupported(
                "This model fills queries up to a length; it takes no pairs as queries."
            )
        if how.expansion is not None:
            return ExpandingEncoder(self._text_encoder, how.expansion)
        if self._text.chat is not None:
            return self._messages.of(how.task)
        return self._pairs

    @lazy
    def _pairs(self) -> PairEncoder:
        from isomorph.preprocess.pairs import PairEncoder

        if any(self._text.around):
            raise Unsupported("This model writes words around each text; it takes no pairs.")
        return PairEncoder(self._text_encoder)

    @lazy
    def _messages(self) -> MessageEncoder:
        from isomorph.preprocess.messages.encoder import MessageEncoder, renderer_for

        return MessageEncoder(self._text_encoder, renderer_for(self._text))

    @property
    def _text_encoder(self) -> TextEncoder:
        """The one that joins pairs and fills up queries.

        Raises:
            Unsupported: the model splits texts into whole words, which it has no special tokens for.
        """
        if not isinstance(self._plain, TextEncoder):
            raise Unsupported("This model reads single texts word by word; it takes no pairs.")
        return self._plain
