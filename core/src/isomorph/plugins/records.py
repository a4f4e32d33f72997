"""Whether the fields of a plugin's records have the types that the contract gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from isomorph.contract import Batches, Device
from isomorph.messages.shown import shown

Test = Callable[[Any], bool]


def _one(*kinds: type) -> Test:
    """Values of these types; what is True or False is a number for none but `bool`."""
    return lambda value: isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _or_none(test: Test) -> Test:
    return lambda value: value is None or test(value)


def _many(test: Test) -> Test:
    return lambda value: isinstance(value, tuple | list) and all(map(test, value))


def _by_text(test: Test) -> Test:
    return lambda value: (
        isinstance(value, Mapping)
        and all(isinstance(key, str) and test(each) for key, each in value.items())
    )


_INT, _TEXT = _one(int), _one(str)
TESTS: Mapping[str, Test] = {
    "Batches": _one(Batches),
    "Device": _one(Device),
    "Mapping[str, str]": _by_text(_TEXT),
    "Mapping[str, str] | None": _or_none(_by_text(_TEXT)),
    "Path | None": _or_none(_one(Path)),
    "bool": _one(bool),
    "float": _one(int, float),
    "int": _INT,
    "int | None": _or_none(_INT),
    "str": _TEXT,
    "str | None": _or_none(_TEXT),
    "tuple[Need, ...]": _many(_TEXT),
    "tuple[int, ...]": _many(_INT),
    "tuple[str, ...]": _many(_TEXT),
}
"""What a value must be, by the annotation of its field. Lists do as tuples do."""
_CALLED = ("Callable[", "Kernel", "Lowering", "Width", "Writer")
"""How the annotations of functions begin."""


def _test_of(annotation: str) -> Test:
    """The test of a field.

    Raises:
        KeyError: there is none for such an annotation.
    """
    if not annotation.startswith(_CALLED):
        return TESTS[annotation]
    is_optional = annotation.endswith(" | None") and not annotation.endswith("int | None]")
    return _or_none(callable) if is_optional else callable


def misfit(record: Any) -> str:
    """The first field whose value is of another type, such as ``"depth is 2.0, no int"``; "" for none."""
    for field in fields(record):
        value = getattr(record, field.name)
        if not _test_of(str(field.type))(value):
            return f"{field.name} is {shown(value)}, no {field.type}"
        if isinstance(value, Batches):
            wrong = misfit(value)
            if wrong:
                return f"{field.name}.{wrong}"
    return ""
