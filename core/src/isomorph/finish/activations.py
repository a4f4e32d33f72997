"""What turns the raw scores of a model into the ones that a caller gets, in numpy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError, Unsupported
from isomorph.finish.tensors import LIBRARY, as_tensor
from isomorph.reference.kernels import activation as kernel

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
    "Sigmoid": partial(kernel.run, kind="sigmoid"),
    "Tanh": partial(kernel.run, kind="tanh"),
    "ReLU": partial(kernel.run, kind="relu"),
    "GELU": partial(kernel.run, kind="gelu"),
    "SiLU": partial(kernel.run, kind="silu"),
    "Softmax": softmax,
}
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
        name = given.rsplit(".", 1)[-1]
        found = _BY_CLASS.get(name) or _BY_CLASS.get(name.capitalize())
        if found is None:
            raise InputError(f"activation_fn {given!r} is not one of {', '.join(_BY_CLASS)}.")
        return found
    if not callable(given):
        raise InputError(f"activation_fn must be a name or callable, not {given!r}.")
    if _of_library(given):
        known = _BY_CLASS.get(type(given).__name__)
        return known if known and not _has_settings(given) else partial(_through_tensor, given)
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
        warn(
            f"The activation {path!r} of this model is code that is not imported; the default is used. "
            "Pass activation_fn= to say what to apply.",
            stacklevel=4,
        )
        return None
    found = _BY_CLASS.get(path.rsplit(".", 1)[-1])
    if found is None:
        raise Unsupported(
            f"The model's activation {path!r} has no counterpart here; known: {', '.join(_BY_CLASS)}. "
            "Pass activation_fn= to say what to apply."
        )
    return found


def class_path(function: Activation) -> str | None:
    """The path under which a model folder names this function, None where it has none."""
    for name, known in _BY_CLASS.items():
        if known is function:
            return f"{_HOMES.get(name, _HOME)}.{name}"
    return None


def _of_library(given: Any) -> bool:
    return any(kind.__module__.split(".")[0] == LIBRARY for kind in type(given).__mro__)


def _has_settings(given: Any) -> bool:
    """Whether an object was made with arguments that the function here does not know."""
    return getattr(given, "dim", None) not in (None, 1, -1) or getattr(
        given, "approximate", "none"
    ) not in ("none",)


def _through_tensor(function: Any, scores: Scores) -> Scores:
    return np.asarray(function(as_tensor(scores.copy())).detach().cpu().numpy())


def _as_given(function: Any, scores: Scores) -> Scores:
    result = np.asarray(function(scores))
    if result.shape != scores.shape:
        raise InputError(
            f"activation_fn made {result.shape} of scores of shape {scores.shape}; it must keep it."
        )
    return result
