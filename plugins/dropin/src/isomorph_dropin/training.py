"""Names of training, and of what the real library keeps for itself: there when they are imported.

Whoever calls one of them, or reads anything off it, is told what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Never

_WHY = "isomorph-dropin runs models. Training: use the real library, sentence-transformers."
_INSIDE = (
    "it belongs to the inside of the real library, sentence-transformers, and isomorph-dropin has another "
    "inside. Run the program with the real library."
)


def refuse_training(what: str) -> Never:
    """Raises for a use of training.

    Raises:
        NotImplementedError: always; says what to do.
    """
    raise NotImplementedError(f"{what}: {_WHY}")


class _Kind(type):
    """The class of the names, so that they stand in annotations, in bases and in ``except`` as classes do."""

    why = _WHY

    def _refuse(cls) -> Never:
        raise NotImplementedError(f"{cls.__name__}: {cls.why}")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _make(f"{cls.__name__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        cls._refuse()


class _Inside(_Kind):
    """The class of names that the real library keeps for itself: functions, tables and classes."""

    why = _INSIDE

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        cls._refuse()

    def __getitem__(cls, key: Any) -> Any:
        cls._refuse()

    def __iter__(cls) -> Iterator[Any]:
        cls._refuse()

    def __contains__(cls, value: Any) -> bool:
        cls._refuse()


def named(name: str, *, training: bool) -> Any:
    """A name that can be imported and not be used.

    Args:
        name: the full name.
        training: whether it is of training; else the real library keeps it for itself.
    """
    return (
        _make(name)
        if training
        else _Inside(name, (), {"__doc__": f"{name}: {_INSIDE}", "__module__": __name__})
    )


def _make(name: str) -> Any:
    return _Kind(name, (), {"__doc__": f"{name} of training. {_WHY}", "__module__": __name__})


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    made = globals()[name] = _make(name)
    return made
