"""Bodies of requests as data: what reads them, what refuses them, and what the OpenAPI page says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import orjson

from isomorph.program import unpacked
from isomorph_server.refusals import Refused
from isomorph_server.token_ids import Ids


class Wrong(Exception):
    """A value is of another kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: what errors call it, its JSON schema, and what reads it or raises `Wrong`."""

    name: str
    schema: Mapping[str, Any]
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a body. What is required has no default."""

    name: str
    kind: Kind
    about: str = ""
    default: Any = None
    required: bool = False

    def value(self, given: Any) -> Any:
        """What a value that is given means.

        Raises:
            Refused: 422; it is of another kind.
        """
        try:
            return self.kind.read(given)
        except Wrong as wrong:
            said = f"{self.name!r} must be {self.kind.name}.{wrong}"
            raise Refused(422, said, self.name) from None


@dataclass(frozen=True, slots=True)
class Body:
    """All keys of a body, which is JSON."""

    media: ClassVar[str] = "application/json"
    name: str
    fields: tuple[Field, ...]
    _known: dict[str, Field] = field(init=False, repr=False, compare=False, default_factory=dict)
    _absent: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._known.update((each.name, each) for each in self.fields)
        self._absent.update((each.name, each.default) for each in self.fields if not each.required)

    def values(self, data: bytes) -> dict[str, Any]:
        """The values by name, of a body's bytes.

        Raises:
            Refused: 422; the bytes are no JSON, or as `read`.
        """
        try:
            content = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise Refused(422, f"The body is no JSON: {error.msg}.") from None
        return self.read(content)

    def read(self, content: Any) -> dict[str, Any]:
        """The values by name, those that are absent or null by their defaults.

        Raises:
            Refused: 422; names the field, and what it should be.
        """
        if not isinstance(content, dict):
            raise Refused(422, "The body is no JSON object.")
        known = self._known
        if not content.keys() <= known.keys():
            name = next(name for name in content if name not in known)
            listed = ", ".join(sorted(known))
            raise Refused(
                422, f"The field {str(name)[:80]!r} is not known here; known: {listed}.", str(name)
            )
        given = {n: known[n].value(each) for n, each in content.items() if each is not None}
        found = {**self._absent, **given}
        if len(found) < len(known):
            lacking = next(each for each in self.fields if each.name not in found)
            said = f"The field {lacking.name!r} is missing: {lacking.kind.name}."
            raise Refused(422, said, lacking.name)
        return found

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its JSON schema."""
        properties = {
            field.name: {
                **field.kind.schema,
                **({"description": field.about} if field.about else {}),
                **({} if field.default is None else {"default": field.default}),
            }
            for field in self.fields
        }
        needed = [field.name for field in self.fields if field.required]
        return {
            "type": "object",
            "properties": properties,
            "required": needed,
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class Packed(Body):
    """A body of arrays, as `isomorph.program.packed` writes them: the key `feeds`, beside what is told."""

    media = "application/octet-stream"

    def values(self, data: bytes) -> dict[str, Any]:
        """The values by name, of a body's bytes.

        Raises:
            Refused: 422; the bytes are damaged, or as `read`.
        """
        try:
            arrays, told = unpacked(data)
        except ValueError as wrong:
            raise Refused(422, f"'feeds' cannot be read: {wrong}.", "feeds") from None
        return self.read({**told, "feeds": arrays})


def _typed(name: str, schema: Mapping[str, Any], *types: type) -> Kind:
    def read(value: Any) -> Any:
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise Wrong
        return value

    return Kind(name, schema, read)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Wrong
    return value


def _texts(value: Any) -> list[str] | str:
    if isinstance(value, str):
        return value
    return _listed(value)


def _listed(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Wrong
    return value


def _texts_or_ids(value: Any) -> list[str | Ids]:
    """What is asked for, always as a list; ids in one list are those of one text."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise Wrong
    if value and _are_ids(value):
        return [Ids(value)]
    if not all(isinstance(each, str) or _are_ids(each) for each in value):
        raise Wrong
    return [each if isinstance(each, str) else Ids(each) for each in value]


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int for each in value)


def _documents(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Wrong
    return _listed([each.get("text") if isinstance(each, dict) else each for each in value])


def _similarity(value: Any) -> tuple[str, list[str]]:
    if not isinstance(value, dict) or set(value) != {"source_sentence", "sentences"}:
        raise Wrong
    source, sentences = value["source_sentence"], value["sentences"]
    if not isinstance(source, str) or isinstance(sentences, str):
        raise Wrong
    return source, _listed(sentences)


def _compat(value: Any) -> Any:
    return _similarity(value) if isinstance(value, dict) else _texts_or_ids(value)


def _classified(value: Any) -> tuple[bool, list[Any]]:
    """Whether it is one input, and the list: texts, or pairs of texts. Two texts in a list are one pair."""
    if isinstance(value, str):
        return True, [value]
    if not isinstance(value, list) or not value:
        raise Wrong
    if all(isinstance(each, str) for each in value):
        if len(value) > 2:
            raise Wrong
        return True, [value[0] if len(value) == 1 else tuple(value)]
    if not all(isinstance(each, list) and 1 <= len(each) <= 2 for each in value):
        raise Wrong
    found = [_listed(each) for each in value]
    return False, [each[0] if len(each) == 1 else tuple(each) for each in found]


def choice(*words: str) -> Kind:
    """One of these words."""

    def read(value: Any) -> str:
        if value not in words:
            raise Wrong
        return str(value)

    return Kind(f"one of {', '.join(words)}", {"type": "string", "enum": list(words)}, read)


def inner(body: Body) -> Kind:
    """An object of these fields, of which only those that are there count."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong
        found = body.read(value)
        return {name: each for name, each in found.items() if value.get(name) is not None}

    return Kind("an object", body.schema, read)


def _side(value: Any) -> str:
    if value not in ("left", "right", "Left", "Right"):
        raise Wrong
    return str(value).lower()


def _ids(value: Any) -> list[Ids]:
    """Token ids of texts; those in one list are of one text."""
    if not isinstance(value, list):
        raise Wrong
    if _are_ids(value):
        return [Ids(value)]
    if not all(map(_are_ids, value)):
        raise Wrong
    return [Ids(each) for each in value]


_STRINGS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
_ONE_OR_MORE: Mapping[str, Any] = {"oneOf": [{"type": "string"}, _STRINGS]}
_IDS: Mapping[str, Any] = {"type": "array", "items": {"type": "integer", "minimum": 0}}
_WITH_IDS: Mapping[str, Any] = {
    "anyOf": [
        {"type": "string"},
        _IDS,
        {"type": "array", "items": {"anyOf": [{"type": "string"}, _IDS]}},
    ]
}
_SOURCE: Mapping[str, Any] = {
    "type": "object",
    "properties": {"source_sentence": {"type": "string"}, "sentences": _STRINGS},
    "required": ["source_sentence", "sentences"],
}

TEXT = _typed("a text", {"type": "string"}, str)
FLAG = _typed("true or false", {"type": "boolean"}, bool)
MAPPING = _typed("an object", {"type": "object"}, dict)
COUNT = Kind("a whole number of at least 1", {"type": "integer", "minimum": 1}, _count)
TEXTS = Kind("a text or a list of texts", _ONE_OR_MORE, _texts)
TEXTS_OR_IDS = Kind("a text or a list of texts", _WITH_IDS, _texts_or_ids)
IDS = Kind(
    "a list of whole numbers, or a list of such lists",
    {"oneOf": [_IDS, {"type": "array", "items": _IDS}]},
    _ids,
)
SIDE = Kind(
    "left or right",
    {"type": "string", "enum": ["left", "right", "Left", "Right"]},
    _side,
)
LISTED = Kind("a list of texts", _STRINGS, _listed)
DOCUMENTS = Kind(
    'a list of texts, or of objects with a "text"',
    {"type": "array", "items": {"oneOf": [{"type": "string"}, {"type": "object"}]}},
    _documents,
)
SIMILARITY = Kind('an object of "source_sentence" and "sentences"', _SOURCE, _similarity)
COMPAT = Kind(
    'texts, or an object of "source_sentence" and "sentences"',
    {"anyOf": [*_WITH_IDS["anyOf"], _SOURCE]},
    _compat,
)
CLASSIFIED = Kind(
    "a text, a pair of texts, or a list of lists of one or two texts",
    {"oneOf": [{"type": "string"}, {"type": "array"}]},
    _classified,
)
