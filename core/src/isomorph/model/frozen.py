"""Dictionaries and lists that refuse to be changed: settings that several backends read in turn."""

from __future__ import annotations

from typing import Any, NoReturn


def frozen(value: Any) -> Any:
    """An equal value whose dictionaries and lists, at any depth, refuse to be changed."""
    if type(value) in (FrozenDict, FrozenList):
        return value
    if type(value) is dict:  # a subclass may answer for keys that it does not hold
        return FrozenDict({key: frozen(each) for key, each in value.items()})
    if type(value) is list:
        return FrozenList(map(frozen, value))
    return value


def _refused(self: object, *_: object, **__: object) -> NoReturn:
    raise TypeError(
        "The settings of a model are read by every backend and cannot be changed; change a copy: "
        "dict(settings), or copy.deepcopy(settings)."
    )


class FrozenDict(dict[str, Any]):
    """A `dict` that refuses changes; its copies take them."""

    __setitem__ = __delitem__ = __ior__ = _refused
    clear = pop = popitem = setdefault = update = _refused

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        from copy import deepcopy  # few ask for copies

        return deepcopy(dict(self), memo)


class FrozenList(list[Any]):
    """A `list` that refuses changes; its copies take them."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refused
    append = extend = insert = pop = remove = clear = _refused
    sort = reverse = _refused

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenList, (list(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        from copy import deepcopy  # few ask for copies

        return deepcopy(list(self), memo)
