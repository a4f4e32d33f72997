"""What a call did, in a form that is stored and compared: a tree of types, shapes and values, or an error."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).parents[1]

BUILTIN = (KeyError, IndexError, TypeError, AttributeError, NotImplementedError, ValueError)


def outcome(call: Any, model: Any) -> dict[str, Any]:
    """Makes the call on a model, or the error of making the model.

    `model` is the model, or the exception that was raised in its place.
    """
    if isinstance(model, Exception):
        return _error(model)
    member = getattr(model, call.method, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if callable(member):
                arguments = [_wrapped(value, call.wrap) for value in call.arguments]
                return describe(member(*arguments, **call.options))
            return describe(getattr(model, call.method))
        except Exception as error:
            return _error(error)


def _error(error: Exception) -> dict[str, Any]:
    kinds = [kind.__name__ for kind in BUILTIN if isinstance(error, kind)]
    return {"is": "error", "kinds": kinds or [type(error).__name__], "says": str(error)[:200]}


def _wrapped(value: Any, wrap: str) -> Any:
    if wrap == "tuple":
        return tuple(value)
    if wrap == "array":
        return np.array(value)
    return np.array(value, np.float32) if wrap == "arrays" else value


def describe(value: Any) -> dict[str, Any]:
    """The value as a tree: arrays keep dtype, shape and numbers."""
    kind = type(value).__module__.partition(".")[0]
    if kind == "torch" and value.is_sparse:
        array = value.to_dense().numpy()
        return {"is": "sparse", "dtype": str(array.dtype), "value": array}
    if hasattr(value, "tocsr"):
        return {"is": "csr", "dtype": str(value.dtype), "value": value.toarray()}
    if kind == "torch":
        array = value.detach().cpu().numpy()
        return {"is": "tensor", "dtype": str(array.dtype), "value": array}
    if isinstance(value, np.ndarray):
        return {"is": "array", "dtype": str(value.dtype), "value": value}
    if isinstance(value, np.generic):
        return {"is": "scalar", "dtype": str(value.dtype), "value": np.asarray(value)}
    if isinstance(value, list | tuple):
        return {"is": "list", "items": [describe(item) for item in value]}
    if isinstance(value, dict):
        return {"is": "dict", "items": {str(key): describe(item) for key, item in value.items()}}
    if isinstance(value, float):
        return {"is": "float", "value": np.asarray(value)}
    return {"is": "value", "value": str(value)}


def difference(ours: dict[str, Any], theirs: dict[str, Any], tolerance: float = 1e-5) -> str:
    """The first thing in which two outcomes differ, "" where they agree.

    That one is a tensor and the other an array, or sparse in another form, is said only where the
    numbers agree.
    """
    if "error" in (ours["is"], theirs["is"]):
        return _error_difference(ours, theirs)
    kinds = ours["is"], theirs["is"]
    if kinds[0] != kinds[1]:
        same = f"{kinds[0]} instead of {kinds[1]}"
        return (
            (_number_difference(ours, theirs, tolerance) or same)
            if set(kinds) <= _NUMBERS
            else same
        )
    if ours["is"] == "list":
        return _list_difference(ours["items"], theirs["items"], tolerance)
    if ours["is"] == "dict":
        return _dict_difference(ours["items"], theirs["items"], tolerance)
    if ours["is"] == "value":
        same = ours["value"] == theirs["value"]
        return "" if same else f"{ours['value']} instead of {theirs['value']}"
    return _number_difference(ours, theirs, tolerance)


_NUMBERS = {"tensor", "array", "scalar", "csr", "sparse"}


def _number_difference(ours: dict[str, Any], theirs: dict[str, Any], tolerance: float) -> str:
    if ours.get("dtype") != theirs.get("dtype"):
        return f"{ours.get('dtype')} instead of {theirs.get('dtype')}"
    a, b = np.asarray(ours["value"]), np.asarray(theirs["value"])
    if a.shape != b.shape:
        return f"shape {a.shape} instead of {b.shape}"
    if not a.size:
        return ""
    if (
        a.dtype.kind in "iu"
    ):  # quantised: a value on the edge between two steps may fall to either side
        worst = int(np.abs(a.astype(np.int64) - b.astype(np.int64)).max())
        return "" if worst <= 1 else f"values differ by {worst}"
    scale = max(1.0, float(np.abs(b[np.isfinite(b)]).max(initial=0)))
    worst = float(np.nan_to_num(np.abs(a - b)).max())
    return "" if worst <= tolerance * scale else f"values differ by {worst:.1e}"


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _error_difference(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    if ours["is"] != "error":
        return f"{ours['is']} where sentence-transformers raises {theirs['kinds'][0]}"
    if theirs["is"] != "error":
        return f"raises where sentence-transformers gives {_a(theirs['is'])}"
    if set(ours["kinds"]) & set(theirs["kinds"]):
        return ""
    return f"raises {ours['kinds'][0]} instead of {theirs['kinds'][0]}"


def _list_difference(ours: list[Any], theirs: list[Any], tolerance: float) -> str:
    if len(ours) != len(theirs):
        return f"{len(ours)} items instead of {len(theirs)}"
    found = (difference(a, b, tolerance) for a, b in zip(ours, theirs, strict=True))
    return next(filter(None, found), "")


def _dict_difference(ours: dict[str, Any], theirs: dict[str, Any], tolerance: float) -> str:
    if ours.keys() != theirs.keys():
        return f"keys {sorted(ours)} instead of {sorted(theirs)}"
    found = (difference(ours[key], theirs[key], tolerance) for key in ours)
    return next(filter(None, found), "")
