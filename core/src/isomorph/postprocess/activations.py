"""What turns the raw scores of a model into the ones that a caller gets, in numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError, Unsupported
from isomorph.messages.outside import warn_outside
from isomorph.messages.shown import shown
from isomorph.postprocess.tensors import LIBRARY, as_tensor
from isomorph.primitives.ops.elementwise import activated

Scores = NDArray[Any]
Activation = Callable[[Scores], Scores]


def softmax(scores: Scores) -> Scores:
    """exp(x) / sum(exp(x)) over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def identity(scores: Scores) -> Scores:
    """The scores as they are."""
    return scores


_BY_CLASS: dict[str, Activation] = {
    "Identity": identity,
    "Sigmoid": partial(activated, kind="sigmoid"),
    "Tanh": partial(activated, kind="tanh"),
    "ReLU": partial(activated, kind="relu"),
    "GELU": partial(activated, kind="gelu"),
    "SiLU": partial(activated, kind="silu"),
    "Softmax": softmax,
}


@dataclass(frozen=True, slots=True)
class Known:
    """An activation by the name of its class: the same one wherever it was copied or sent to."""

    name: str

    def __call__(self, scores: Scores) -> Scores:
        """The activated scores, of the same shape."""
        return _BY_CLASS[self.name](scores)


@dataclass(frozen=True, slots=True)
class OfLibrary:
    """An activation that only torch computes."""

    function: Any

    def __call__(self, scores: Scores) -> Scores:
        """The activated scores, through a tensor."""
        return np.asarray(self.function(as_tensor(scores.copy())).detach().cpu().numpy())


_HOMES = {"Identity": "torch.nn.modules.linear"}
_HOME = "torch.nn.modules.activation"


def activation(given: Any) -> Activation:
    """The function behind what a caller passes: a name, a class path, an object, or any callable.

    An object of torch that is known here by its class runs in numpy; another one is called with a
    tensor. Any other callable gets the float32 array (inputs, labels) and returns one of that shape.

    Raises:
        InputError: it is neither a known name nor callable.
    """
    if isinstance(given, str):
        home, _, name = given.rpartition(".")
        names = [each for each in (name, name.capitalize()) if each in _BY_CLASS]
        if not names or (home and not home.startswith(f"{LIBRARY}.nn")):
            raise InputError(f"activation_fn {shown(given)} is not one of {', '.join(_BY_CLASS)}.")
        return Known(names[0])
    if not callable(given):
        raise InputError(f"activation_fn must be a name or callable, not {shown(given)}.")
    if isinstance(given, Known | OfLibrary):
        return given
    if _of_library(given):
        name = type(given).__name__
        known = name in _BY_CLASS and not _has_settings(given)
        return Known(name) if known else OfLibrary(given)
    return partial(_as_given, given)


def saved_activation(path: str | None) -> Activation | None:
    """The function of a class path that a model folder holds, None where there is none to use.

    Nothing is imported: a path outside of torch is left alone, with a warning.

    Raises:
        Unsupported: a class of torch that has no counterpart here.
    """
    if not path:
        return None
    if not path.startswith(f"{LIBRARY}."):
        warn_outside(
            f"The activation {path!r} of this model is code that is not imported; the default is used. "
            "Pass activation_fn= to say what to apply."
        )
        return None
    name = path.rsplit(".", 1)[-1]
    if name not in _BY_CLASS:
        raise Unsupported(
            f"The model's activation {path!r} has no counterpart here; known: {', '.join(_BY_CLASS)}. "
            "Pass activation_fn= to say what to apply."
        )
    return Known(name)


def class_path(function: Activation) -> str | None:
    """The path under which a model folder names this function, None where it has none.

    A class of torch is named so only if an object of it that is made without arguments is the same.
    """
    if isinstance(function, Known):
        return f"{_HOMES.get(function.name, _HOME)}.{function.name}"
    if not isinstance(function, OfLibrary):
        return None
    kind = type(function.function)
    try:
        plain = kind.__module__.startswith(f"{LIBRARY}.") and repr(kind()) == repr(
            function.function
        )
    except TypeError:  # it needs arguments
        return None
    return f"{kind.__module__}.{kind.__qualname__}" if plain else None


def _of_library(given: Any) -> bool:
    return any(kind.__module__.split(".")[0] == LIBRARY for kind in type(given).__mro__)


def _has_settings(given: Any) -> bool:
    """Whether an object was made with arguments that the function here does not know."""
    return getattr(given, "dim", None) not in (None, 1, -1) or getattr(
        given, "approximate", "none"
    ) not in ("none",)


def _as_given(function: Any, scores: Scores) -> Scores:
    result = np.asarray(function(scores))
    if result.shape != scores.shape:
        raise InputError(
            f"activation_fn made {result.shape} of scores of shape {scores.shape}; it must keep it."
        )
    return result
