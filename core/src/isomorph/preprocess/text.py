"""What a chain says of its texts: how long they may be, how they are padded, where their tokenizer is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from isomorph.files.folder import Folder
from isomorph.preprocess.inputs import (
    is_single,
    read_pairs,
    read_texts,
    refuse_lone_surrogates,
)
from isomorph.preprocess.messages.chat import Chat
from isomorph.preprocess.messages.conversation import is_conversation
from isomorph.primitives.program import RAGGED, VALUES, Feed

if TYPE_CHECKING:
    from isomorph.preprocess.text_preparer import TextPreparer

FEEDS = ("input_ids", "attention_mask", "token_type_ids", "prompt_length", "offsets")
"""What texts become; whatever else a module reads, an earlier module must have written."""

OPTIONS = {
    "model_max_length": "max_length",
    "padding_side": "padding_side",
    "truncation_side": "truncation_side",
    "add_bos_token": "add_bos_token",
    "add_eos_token": "add_eos_token",
    "chat_template": "chat",
}
"""The field of a `Text` that each of ``processor_kwargs`` sets; a template comes as a `Chat`."""

WINDOW = 1 << 20
"""Characters of a window, unless it is one text, so that its ids stay few."""
TOKENIZER = 90
"""Bytes that a tokenizer holds for a character that it is working on."""
A_TOKEN = 5
"""Characters that count for a token, beyond the longest text that the model reads."""
A_TEXT = 10
"""Characters' worth of what every text costs, however short: special tokens, a row of the result."""
_ID = 8
"""Bytes of a token id."""
_WORDS = ["the", "river", "ran", "past", "a", "mill", "and", "into", "its", "cold", "lake"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Every text has this `length`: padding tokens stand on one `side` of it, and the model sees them.

    With `masked` the other tokens do not attend to them.
    """

    length: int
    token: str
    side: str = "right"
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """What a chain says of its texts, as `Inputs`. A reader sets the fields that its files tell."""

    max_length: int | None = None
    """Default None, no limit; for example 256. Tokens of the longest text, special tokens included."""
    longest: int | None = None
    """Default None, not known; for example 512. The number of positions that the encoder has."""
    lowercase: bool = False
    """Default False. Whether texts become lower case before the tokenizer sees them."""
    truncation_side: str = "right"
    """Default ``"right"``; also ``"left"``. The side from which truncation removes tokens."""
    padding_side: str = "right"
    """Default ``"right"``; also ``"left"``. The side on which padding is added."""
    pad_id: int = 0
    """Default 0. The token id of padding."""
    special_tokens: bool = True
    """Default True. Whether the tokenizer adds its special tokens."""
    unknown_tokens: bool = True
    """Default True. Whether unknown tokens stay. Otherwise they are left out after the truncation."""
    token_types: bool = False
    """Default False. Whether token types tell the two texts of a pair apart."""
    filler: str | None = None
    """Default None; for example ``"[MASK]"``. The token that fills up queries."""
    markers: tuple[str, ...] = ()
    """Default ``()``; for example ``("[Q] ",)``. Tokens that prompts begin with and that are never split."""
    add_bos_token: bool | None = None
    """Default None: the files decide. The user's word on a token at the beginning."""
    add_eos_token: bool | None = None
    """Default None: the files decide. The user's word on a token at the end."""
    bare: bool = False
    """Default False. Whether ``tokenizer.json`` is the whole tokenizer, and no file beside it counts."""
    words: str = ""
    """Default ``""``, a tokenizer of the tokenizers library; also ``"whitespace"``, ``"phrase"``, ``"bow"``.

    The other values say how a text becomes words, where the vocabulary holds whole words.
    """
    filled: Filled | None = None
    """Default None: rows of a batch are as long as the longest. How every text is filled up."""
    around: tuple[str, str] = ("", "")
    """Default two empty texts; for example ``("Query: ", "")``. What stands before and behind every text."""
    chat: Chat | None = None
    """Default None: texts go as they are. The template that every text goes through."""
    folder: Folder | None = None
    """Default None. The folder that holds the files of the tokenizer."""

    @property
    def modality(self) -> str:
        """Always ``"text"``."""
        return "text"

    @property
    def takes(self) -> tuple[str, ...]:
        """Texts, and messages where a template renders them."""
        return ("text",) if self.chat is None else ("text", "message")

    @property
    def unit(self) -> str:
        """Always ``"tokens"``."""
        return "tokens"

    @property
    def window(self) -> int:
        """Characters of the texts that are tokenised together at most."""
        return WINDOW

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Types and axes of ids, masks and token types; without padding of ids and offsets."""
        ragged = RAGGED if "offsets" in names else {}
        return {name: ragged.get(name, VALUES[name]) for name in FEEDS if name in names}

    @property
    def prompted(self) -> bool:
        """Always True."""
        return True

    @property
    def options(self) -> Collection[str]:
        """What a user may have another word on, as ``processor_kwargs``."""
        return OPTIONS

    def changed(self, options: Mapping[str, Any]) -> Text:
        """With `options` in place of what the files say."""
        return replace(self, **{OPTIONS[name]: value for name, value in options.items()})

    def is_single(self, inputs: Any) -> bool:
        """A text or a conversation is one input; lists, arrays and whatever can be iterated are batches."""
        return is_single(inputs)

    def read(self, inputs: Any, pairs: bool = False) -> tuple[bool, Sequence[Any]]:
        """Texts, pairs of texts, or conversations where a chat template renders them.

        Raises:
            InputError: an input is none of them; says which and why.
        """
        if not pairs and type(inputs) is str:
            return True, [inputs]
        return (read_pairs if pairs else read_texts)(inputs, self.chat)

    def holds_pairs(self, batch: Sequence[Any]) -> bool:
        """Whether the first one is a pair of texts."""
        return isinstance(batch[0], list | tuple) and not is_conversation(batch[0])

    def check(self, items: Sequence[Any], first: int = 0) -> None:
        """Looks for half of a surrogate pair; costs next to nothing for ASCII.

        Raises:
            InputError: a text cannot be encoded; says which and why.
        """
        refuse_lone_surrogates(items, first)

    def keys(self, items: Sequence[Any]) -> Sequence[Any]:
        """The texts themselves: they are compared by what they say."""
        return items

    def cost(self, item: Any, max_length: int | None = None) -> int:
        """The characters of a text, or of all texts of a tuple, as far as they are read."""
        size = len(item) if isinstance(item, str) else sum(map(len, item))
        return A_TEXT + (size if max_length is None else min(size, A_TOKEN * max_length))

    def memory(self, count: int, longest: int) -> int:
        """Token ids of two windows, and what the tokenizer holds of the texts that it works on."""
        from isomorph.preprocess.pieces import TOGETHER

        ids = min(count * longest, 2 * WINDOW) * _ID
        return ids + min(count * longest * 4, TOGETHER) * TOKENIZER

    def sample(self, length: int, seed: int = 0) -> str | tuple[str, str]:
        """So many English words; twice, as a pair, where a chat template carries pairs alone."""
        words = self.words_of(length, seed)
        if self.chat is None:
            return words
        from isomorph.preprocess.messages.heard import as_heard  # imports the Rust library

        return as_heard(self, [words])[0]

    def words_of(self, length: int, seed: int = 0) -> str:
        """So many English words."""
        words = _WORDS[seed % len(_WORDS) :] + _WORDS[: seed % len(_WORDS)]
        return " ".join(words[index % len(words)] for index in range(length))

    def preparer(self) -> TextPreparer:
        """The tokenizer with all that is done around it.

        Raises:
            BadModel: the tokenizer cannot be read, or there is none.
            Unsupported: a library that it needs is not installed.
        """
        from isomorph.preprocess.text_preparer import TextPreparer

        return TextPreparer(self)
