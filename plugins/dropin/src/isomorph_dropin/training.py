"""Names of training: there when they are imported, and a clear error when they are called."""

from __future__ import annotations

from typing import Any, Never

_WHY = "isomorph-dropin runs models. Training: use the real library, sentence-transformers."


def refuse_training(what: str) -> Never:
    """Raises for a use of training.

    Raises:
        NotImplementedError: always; says what to do.
    """
    raise NotImplementedError(f"{what}: {_WHY}")


class _Kind(type):
    """The class of the names, so that what a program reads off one of them is there too."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _make(f"{cls.__name__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        refuse_training(cls.__name__)


def _make(name: str) -> Any:
    return _Kind(name, (), {"__doc__": f"{name} of training. {_WHY}", "__module__": __name__})


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    made = globals()[name] = _make(name)
    return made
