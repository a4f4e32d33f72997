"""What a model says about its text input."""

from __future__ import annotations

from dataclasses import dataclass

from isomorph.files.folder import Folder
from isomorph.model.chat import Chat


@dataclass(frozen=True, slots=True)
class Text:
    """What a model says about its text input. A reader sets the fields that its files tell."""

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
    chat: Chat | None = None
    """Default None: texts go as they are. The template that every text goes through."""
    folder: Folder | None = None
    """Default None. The folder that holds the files of the tokenizer."""
