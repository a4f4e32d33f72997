"""Special and added tokens that the small files beside a vocabulary name, and the tokenizer takes as its own.

Three generations of files name them: ``added_tokens_decoder`` in ``tokenizer_config.json``; before
that ``special_tokens_map.json`` and ``added_tokens.json``. Which of them count, and in which order they
come, is as in transformers, since a token that the vocabulary lacks gets the next free id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tokenizers import AddedToken, Tokenizer

from isomorph.errors import BadModel
from isomorph.messages.shown import shown
from isomorph.preprocess.tokenizer_limits import ADDED_TOKENS
from isomorph.preprocess.tokenizer_settings import SETTINGS, TokenizerSettings, read_object

NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_FLAGS = ("single_word", "lstrip", "rstrip", "normalized", "special")
_ADDED = "added_tokens.json"
_LAST = (1 << 32) - 1
_OF_ENTITIES = "entity_"
"""How LUKE's settings begin that name tokens of its other vocabulary, which is no text's."""


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """Tokens by their role, more without one, and those that were added to a vocabulary, by id."""

    named: Mapping[str, AddedToken] = field(default_factory=dict)
    more: tuple[AddedToken, ...] = ()
    added: Mapping[int, AddedToken] = field(default_factory=dict)

    def text(self, role: str) -> str:
        """The token with a role, such as "cls_token"; "" where there is none."""
        token = self.named.get(role)
        return "" if token is None else str(token.content)

    def numbered(self, role: str, tokenizer: Tokenizer) -> tuple[str, int]:
        """The token with a role, and its id.

        Raises:
            BadModel: there is none.
        """
        token = self.text(role)
        found = tokenizer.token_to_id(token)
        if found is None:
            raise BadModel(f"The tokenizer has no {role}: {token[:80]!r} is not in its vocabulary.")
        return token, found

    def add_to(self, tokenizer: Tokenizer) -> None:
        """Makes the tokenizer take each of them whole, under the id that the files say.

        Raises:
            BadModel: the tokenizer would give another id to one of them.
        """
        there = tokenizer.get_added_tokens_decoder().values()
        adding = self._missing(there)
        if len(there) + len(adding) > ADDED_TOKENS:
            raise BadModel(
                f"There are {len(there) + len(adding)} added tokens, over {ADDED_TOKENS}."
            )
        fresh = {t.content for t in adding if tokenizer.token_to_id(t.content) is None}
        if adding:
            tokenizer.add_tokens(adding)
        wanted = {token.content: index for index, token in self.added.items()}
        for content in fresh - {""}:
            found = tokenizer.token_to_id(content)
            if wanted.get(content, found) != found:
                raise BadModel(
                    f"Token {content[:80]!r} was added with the id {wanted[content]}, but the next free id "
                    f"of this vocabulary is {found}: it is not the vocabulary that the token was added to."
                )
            meant = content in wanted or any(content == token.content for token in self.more)
            if meant and tokenizer.model.id_to_token(found) is not None:
                raise BadModel(
                    f"Token {content[:80]!r} is not in the vocabulary, whose ids have gaps or stand twice."
                )

    def _missing(self, there: Iterable[AddedToken]) -> list[AddedToken]:
        """What a tokenizer that has some added tokens is to be given, in the order of their ids."""
        known, alike = {token.content for token in there}, {repr(token) for token in there}
        adding = [t for _, t in sorted(self.added.items()) if repr(t) not in alike]
        known.update(token.content for token in self.added.values())
        roles = {token.content for token in self.named.values()}
        for token in adding:
            token.special = token.special or token.content in roles
        for token in (*self.named.values(), *self.more):
            if token.content not in known:
                adding.append(token)
                known.add(token.content)
        return adding


def read_special_tokens(
    settings: TokenizerSettings, defaults: Mapping[str, AddedToken]
) -> SpecialTokens:
    """The tokens that the files name; `defaults` are those of the class.

    Raises:
        BadModel: a file is damaged, or names something that is no token.
    """
    values = dict(settings.values)
    more = [*_listed(values, "additional_special_tokens"), *_listed(values, "extra_special_tokens")]
    added = _added_tokens(values.get("added_tokens_decoder"))
    told = {token.content for token in more}
    if added is None:
        beside = read_object(settings.folder, "special_tokens_map.json")
        values |= beside
        more += [
            *_listed(beside, "additional_special_tokens"),
            *_listed(beside, "extra_special_tokens"),
        ]
        told |= {token.content for token in _listed(beside, "extra_special_tokens")}
    if isinstance(values.get("extra_special_tokens"), dict):
        values |= values["extra_special_tokens"]
    spelt = {key: _token(key, value) for key, value in values.items() if _is_token(key, value)}
    named = {key: value for key, value in {**defaults, **spelt}.items() if value is not None}
    if added is None:
        roles = {token.content for key, token in spelt.items() if token and key in NAMED}
        added = _legacy_tokens(settings, told | roles)
    flagged = {token.content: token for token in added.values()}
    order = sorted(named, key=lambda key: NAMED.index(key) if key in NAMED else len(NAMED))
    return SpecialTokens(
        {key: flagged.get(named[key].content, named[key]) for key in order}, tuple(more), added
    )


def _is_token(key: str, value: Any) -> bool:
    """Whether a setting names a token; other settings end in ``_token`` too, such as ``add_bos_token``."""
    if key.startswith(_OF_ENTITIES):
        return False
    return key.endswith("_token") and (key in NAMED or isinstance(value, str | dict))


def _token(key: str, value: Any) -> AddedToken | None:
    if value is None:
        return None
    if isinstance(value, str):
        return AddedToken(value, special=True)
    return _described(key, value, special=True)


def _described(key: str, value: Any, special: bool | None = None) -> AddedToken:
    """A token as the files spell it out: its text and five flags."""
    content = value.get("content") if isinstance(value, dict) else None
    flags = {name: value[name] for name in _FLAGS if name in value} if content is not None else {}
    if not isinstance(content, str) or not all(isinstance(flag, bool) for flag in flags.values()):
        raise BadModel(f"{key} in {SETTINGS} or beside it is no token: {str(value)[:80]}.")
    if special is not None:
        flags["special"] = special
    return AddedToken(content, **flags)


def _added_tokens(listed: Any) -> dict[int, AddedToken] | None:
    if listed is None:
        return None
    if not isinstance(listed, dict):
        raise BadModel(f"added_tokens_decoder in {SETTINGS} is no object.")
    return {
        _index(key, f"added_tokens_decoder in {SETTINGS}"): _described(
            "added_tokens_decoder", token
        )
        for key, token in listed.items()
    }


def _index(key: Any, place: str) -> int:
    text = str(key)
    if isinstance(key, bool) or not text.isascii() or not text.isdigit() or len(text) > 10:
        raise BadModel(f"{shown(key)} in {place} is no id of an added token.")
    if int(text) > _LAST:
        raise BadModel(f"{text} in {place} is no id of an added token: the greatest is {_LAST}.")
    return int(text)


def _listed(values: Mapping[str, Any], key: str) -> Iterator[AddedToken]:
    listed = values.get(key) or ()
    if isinstance(listed, dict) and key == "extra_special_tokens":
        return
    if not isinstance(listed, list | tuple):
        raise BadModel(f"{key} in {SETTINGS} is no list.")
    for value in listed:
        token = _token(key, value)
        if token is None:
            raise BadModel(f"{key} in {SETTINGS} holds null.")
        yield token


def _legacy_tokens(settings: TokenizerSettings, special: set[str]) -> dict[int, AddedToken]:
    """The tokens of ``added_tokens.json``.

    As in transformers, of the `special` ones those count that ``tokenizer_config.json`` lists, or that have
    a role; not those that ``special_tokens_map.json`` lists without one.
    """
    listed = read_object(settings.folder, _ADDED)
    return {
        _index(index, _ADDED): AddedToken(
            token, normalized=token not in special, special=token in special
        )
        for token, index in listed.items()
    }
