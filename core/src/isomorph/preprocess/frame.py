"""Begin and end tokens around a text, where the settings or the user ask for them."""

from __future__ import annotations

import warnings

from tokenizers import Tokenizer, processors

from isomorph.errors import InputError, SettingIgnored
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenizer_classes import OWN_FRAME
from isomorph.preprocess.tokenizer_settings import TokenizerSettings

_ROLES = {"add_bos_token": "bos_token", "add_eos_token": "eos_token"}


def bos_and_eos(
    tokenizer: Tokenizer, tokens: SpecialTokens, bos: bool, eos: bool
) -> processors.PostProcessor:
    """The step that puts the begin token before a text and the end token behind it, or not.

    A token that no file names is left out.
    """
    begin = tokens.text("bos_token") if bos else ""
    end = tokens.text("eos_token") if eos else ""
    used = [(token, tokenizer.token_to_id(token)) for token in dict.fromkeys((begin, end)) if token]
    single = [f"{begin}:0"] * bool(begin) + ["$A:0"] + [f"{end}:0"] * bool(end)
    other = [f"{begin}:1"] * bool(begin) + ["$B:1"] + [f"{end}:1"] * bool(end)
    return processors.TemplateProcessing(single=single, pair=[*single, *other], special_tokens=used)


def frame_as_asked(
    tokenizer: Tokenizer, tokens: SpecialTokens, text: Text, settings: TokenizerSettings
) -> None:
    """Follows `add_bos_token` and `add_eos_token` of the user.

    As in transformers, saying one of them says that the other is not added.

    Raises:
        InputError: the tokenizer has no such token, or always adds its own.
    """
    asked = {"add_bos_token": text.add_bos_token, "add_eos_token": text.add_eos_token}
    if all(value is None for value in asked.values()):
        return
    if settings.kind in OWN_FRAME:
        raise InputError(
            f"add_bos_token and add_eos_token have no effect on {settings.kind}, which always adds its own "
            "special tokens."
        )
    for key, role in _ROLES.items():
        if asked[key] and not tokens.text(role):
            raise InputError(f"{key}=True was asked for, but the tokenizer names no {role}.")
    before = _added_by(tokenizer, tokens)
    wanted = [bool(value) for value in asked.values()]
    tokenizer.post_processor = bos_and_eos(tokenizer, tokens, *wanted)
    for key, role in _ROLES.items():
        if asked[key] is None and before[key]:
            warnings.warn(
                f"{key} was not said, so the {role} is no longer added, as in transformers, though the files "
                f"add it. Say {key} too.",
                SettingIgnored,
                stacklevel=2,
            )


def warn_of_ignored(
    tokenizer: Tokenizer, tokens: SpecialTokens, settings: TokenizerSettings
) -> None:
    """Tells where ``tokenizer_config.json`` and ``tokenizer.json`` disagree on begin and end tokens."""
    said = {key: settings.maybe(key) for key in _ROLES}
    if said == dict.fromkeys(_ROLES):
        return
    added = _added_by(tokenizer, tokens)
    for key, role in _ROLES.items():
        asked = said[key]
        if asked is not None and tokens.text(role) and asked != added[key]:
            does = "adds" if added[key] else "does not add"
            warnings.warn(
                f"{settings.folder} says {key} = {str(asked).lower()}, but its tokenizer.json {does} "
                f"{tokens.text(role)!r}, and tokenizer.json is followed. If the model was trained "
                f"otherwise, say it: processor_kwargs={{'add_bos_token': …, 'add_eos_token': …}}.",
                SettingIgnored,
                stacklevel=2,
            )


def special_ends(tokenizer: Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ids that the tokenizer puts before and after a single text."""
    whole = tokenizer.encode("a", add_special_tokens=True)
    marks = whole.special_tokens_mask
    inner = [index for index, mark in enumerate(marks) if not mark]
    if not inner:  # every token of "a" is special or there is none: fall back on the template
        return tuple(whole.ids), ()
    return tuple(whole.ids[: inner[0]]), tuple(whole.ids[inner[-1] + 1 :])


def _added_by(tokenizer: Tokenizer, tokens: SpecialTokens) -> dict[str, bool]:
    """Whether the tokenizer puts its begin token before a text, and its end token behind."""
    ends = dict(zip(_ROLES, special_ends(tokenizer), strict=True))
    marks = {key: tokenizer.token_to_id(tokens.text(role)) for key, role in _ROLES.items()}
    return {key: marks[key] in ends[key] for key in _ROLES}
