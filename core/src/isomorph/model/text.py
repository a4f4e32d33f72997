"""What a model says about its text input."""

from __future__ import annotations

from dataclasses import dataclass

from isomorph.files.folder import Folder


@dataclass(frozen=True, slots=True)
class Text:
    """What the model says about its text input.

    ``max_length`` is where texts are cut, in tokens, special tokens included; ``longest`` is how many
    positions the model has. None means unbounded. Without ``unknown_tokens`` those are left out of the
    ids after the cut. With ``token_types`` the two texts of a pair are told apart by their types.
    ``filler`` is the token that fills up queries; ``markers`` are tokens that prompts begin with and
    that are never split. ``add_bos_token`` and ``add_eos_token`` are the user's word on a begin and an
    end token, None where the files decide. Of a ``bare`` tokenizer ``tokenizer.json`` is all: no file
    beside it says anything. ``words`` says how a text becomes words where the vocabulary is one of whole
    words: "whitespace", "phrase", or "bow" for the words of a BoW module; "" for a tokenizer of the
    tokenizers library.
    """

    max_length: int | None = None
    longest: int | None = None
    lowercase: bool = False
    truncation_side: str = "right"
    padding_side: str = "right"
    pad_id: int = 0
    special_tokens: bool = True
    unknown_tokens: bool = True
    token_types: bool = False
    filler: str | None = None
    markers: tuple[str, ...] = ()
    add_bos_token: bool | None = None
    add_eos_token: bool | None = None
    bare: bool = False
    words: str = ""
    folder: Folder | None = None
