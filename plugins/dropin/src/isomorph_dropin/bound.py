"""Functions made of others by what is given to them before; they are functions to whoever looks at them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any


def bound(
    name: str, function: Callable[..., Any], *args: Any, **defaults: Any
) -> Callable[..., Any]:
    """A function of this name that calls another one.

    A `functools.partial` has no name, which programs print, and takes no default by its place.

    Args:
        name: what it is called.
        function: what it calls.
        *args: the first arguments of `function`, which callers do not give.
        **defaults: other defaults than those of `function`.
    """
    whole = signature(function)
    own = [
        each.replace(default=defaults.get(each.name, each.default))
        for each in [*whole.parameters.values()][len(args) :]
    ]
    taken = whole.replace(parameters=own)

    @wraps(function)
    def called(*more: Any, **named: Any) -> Any:
        given = taken.bind(*more, **named)
        given.apply_defaults()
        return function(*args, *given.args, **given.kwargs)

    called.__name__ = called.__qualname__ = name
    called.__signature__ = taken  # type: ignore[attr-defined]
    return called
