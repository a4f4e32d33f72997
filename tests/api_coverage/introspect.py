"""What of a name is here: whether it is there, what its documentation says, which arguments it takes."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from .name import Name

NOT_YET = "not supported yet"


@dataclass(frozen=True)
class Found:
    """What introspection says of a name. Arguments are those of the name that are taken, or written of."""

    there: bool
    documentation: str = ""
    taken: frozenset[str] = frozenset()
    described: frozenset[str] = frozenset()


def look(name: Name) -> Found:
    """Finds the name in its owner; a behaviour has none and counts as there."""
    if not name.owner:
        return Found(True, "A behaviour.")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # old names warn when they are looked at
        return _look(name)


def _look(name: Name) -> Found:
    owner = _owner(name.owner)
    if name.name in _annotations(owner):
        return Found(True, _sentence_about(name.name, owner))
    found = getattr(owner, name.name, None)
    if found is None:
        return Found(False)
    functions = list(_functions(owner, name))
    texts = [inspect.getdoc(each) or "" for each in (found, *functions)]
    parameters = {each for one in functions for each in inspect.signature(one).parameters}
    text = "\n".join(texts)
    described = {each for each in name.arguments if re.search(rf"\b{each}\b", text)}
    handed_on = {
        each for each in described for part in re.findall(r"\*\*kwargs:[^:]*", text) if each in part
    }
    not_yet = {each for each in described if re.search(rf"\b{each}: {NOT_YET}", text)}
    taken = (parameters | handed_on) & set(name.arguments) - not_yet
    return Found(True, texts[0], frozenset(taken), frozenset(described))


def _owner(path: str) -> Any:
    """The module, or the class in a module."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        module, _, kind = path.rpartition(".")
        return getattr(import_module(module), kind)


def _annotations(owner: Any) -> set[str]:
    """Attributes that only instances have."""
    if isinstance(owner, ModuleType):
        return set()
    noted = {each for base in owner.__mro__ for each in vars(base).get("__annotations__", {})}
    return {each for each in noted if not hasattr(owner, each)}


def _sentence_about(name: str, owner: Any) -> str:
    texts = (inspect.getdoc(base) or "" for base in owner.__mro__)
    found = (re.search(rf"^ *{name}: (?:.|\n)*?\.(?=\s)", text, re.MULTILINE) for text in texts)
    return next((sentence[0] for sentence in found if sentence), "")


def _functions(owner: Any, name: Name) -> Iterator[Any]:
    """Those whose arguments the name takes: its own, its base classes', those it hands on to."""
    for each in filter(None, (name.name, *name.like.split())):
        found = getattr(owner, each, None)
        if inspect.isclass(found):
            yield found.__init__
        elif each == "__init__":
            yield from (vars(b)[each] for b in owner.__mro__[:-1] if each in vars(b))
        elif callable(found):
            yield found
