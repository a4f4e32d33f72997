"""Values of an object that are made when they are first asked for.

`functools.cached_property` of Python 3.11 makes them under one lock for all objects of a class, which a child
that is forked meanwhile never gets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801  # used as a decorator
    """A method whose result stays. Two threads that ask at once may both make it; one result stays."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type[Any]) -> Self: ...

    @overload
    def __get__(self, owner: object, kind: type[Any] | None = None) -> T: ...

    def __get__(self, owner: object | None, kind: type[Any] | None = None) -> Self | T:
        if owner is None:
            return self
        made: T = owner.__dict__.setdefault(self._name, self._make(owner))
        return made
