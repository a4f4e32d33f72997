"""What a quantised folder says of its weights, and its tensors as the numbers that they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.files.names import QUANTIZED
from isomorph.files.schema import TEXT, Schema, judge
from isomorph.files.tensor import Coded, Tensor

WEIGHTS = ("int8", "int4", "float16", "bfloat16")
"""Types in which matrices can be stored."""
ACTIVATIONS = ("float32", "int8")
"""Types in which products with int8 matrices can be computed."""
CODES, SCALES = ":codes", ":scales"
"""Endings of the names of the two tensors that hold a matrix in fewer bits."""
TWO_SCALES, APART = ":two_scales", ":apart"
"""Endings where columns are set apart: the scales, and the columns. Who knows neither finds no scales."""
_ENDINGS = (CODES, SCALES, TWO_SCALES, APART)

_SCHEMA: Schema = {"weights": TEXT, "activations": TEXT}


@dataclass(frozen=True, slots=True)
class Stored:
    """How a quantised folder stores matrices, and in what their products are computed."""

    weights: str
    """One of `WEIGHTS`."""
    activations: str = "float32"
    """One of `ACTIVATIONS`."""

    def __str__(self) -> str:
        products = f"; products with {self.activations} activations"
        return f"{self.weights}{products if self.activations != 'float32' else ''}"


def stored_as(folder: Folder) -> Stored | None:
    """What the folder of a model says; None of one that is not quantised.

    Raises:
        BadModel: it says something that is not known here.
    """
    content: Any = folder.json(QUANTIZED)
    if content is None:
        return None
    what = f"{folder.path(QUANTIZED)} is not what 'isomorph quantize' writes: it"
    if not isinstance(content, dict):
        raise BadModel(f"{what} holds no object.")
    judge(content, _SCHEMA, what, needed=("weights", "activations"))
    found = Stored(content["weights"], content["activations"])
    if found.weights not in WEIGHTS or found.activations not in ACTIVATIONS:
        raise BadModel(
            f"{what} names weights {found.weights[:40]!r} with activations {found.activations[:40]!r}; "
            f"known: {', '.join(WEIGHTS)} with {', '.join(ACTIVATIONS)}."
        )
    return found


def refuse_untrue(folder: Folder, tensors: Iterable[Tensor]) -> None:
    """Refuses a folder whose manifest names a type in which no tensor of the model is stored.

    A folder of artifacts alone has no tensors, and one that was trained on may have some in another type.

    Raises:
        BadModel: it does, as where a manifest was copied from another folder.
    """
    stored = stored_as(folder)
    there = {_type(tensor) for tensor in tensors} if stored is not None else set()
    if stored is None or not there or stored.weights in there:
        return
    raise BadModel(
        f"{folder.path(QUANTIZED)} says that matrices are stored as {stored.weights}, and none is: there are "
        f"{', '.join(sorted(there))}. Copy the whole folder, or quantize the model again."
    )


def _type(tensor: Tensor) -> str:
    """The type in which a tensor is stored, as users call it."""
    if tensor.coded is not None:
        return tensor.coded.weights
    names = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}
    return names.get(tensor.dtype, tensor.dtype)


def decoded(tensors: Mapping[str, Tensor], stored: Stored | None) -> Mapping[str, Tensor]:
    """The tensors of a quantised file by the names that they had before.

    Raises:
        BadModel: nothing says how they are stored, or codes and scales do not fit each other.
    """
    file = next((tensor.file for tensor in tensors.values()), None)
    if stored is None:
        raise BadModel(
            f"{file} needs {QUANTIZED} in the folder of the model, which says how it is to be read. Copy the "
            "whole folder, or quantize the model again."
        )
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        ending = next((each for each in _ENDINGS if name.endswith(each)), "")
        own = name.removesuffix(ending)
        if ending and own in tensors:
            raise BadModel(f"{file} holds {own!r} twice, as numbers and as codes.")
        if ending == CODES:
            parts = {each: tensors[own + each] for each in _ENDINGS if own + each in tensors}
            found[own] = _matrix(own, parts, stored).tensor()
        elif not ending:
            found[name] = tensor
        elif own + CODES not in tensors:
            raise BadModel(f"{file} holds scales of {own!r} and no codes.")
    return found


def _matrix(name: str, parts: Mapping[str, Tensor], stored: Stored) -> Coded:
    """Codes with their scales, and with the columns that are set apart.

    Raises:
        BadModel: they do not fit each other, or what the manifest says.
    """
    codes, apart = parts[CODES], parts.get(APART)
    scales = parts.get(SCALES if apart is None else TWO_SCALES)
    what = f"{codes.file} holds codes of {name!r}"
    dtype = {"int8": "I8", "int4": "U8"}.get(stored.weights)
    if codes.dtype != dtype or len(codes.shape) != 2 or 0 in codes.shape:
        raise BadModel(
            f"{what} as {codes.dtype} {codes.shape}, and {QUANTIZED} says {stored.weights} matrices."
        )
    if scales is None:
        raise BadModel(f"{what} without scales.")
    if len(parts) != (2 if apart is None else 3):
        raise BadModel(f"{what} with scales of two kinds.")
    matrix = Coded(codes, scales, stored.activations, apart)
    rows, width = matrix.shape
    fits = len(scales.shape) == 2 and scales.shape[0] == rows and 0 < scales.shape[1] <= width
    if scales.dtype != "F32" or not fits or (apart is None and width % scales.shape[1]):
        raise BadModel(
            f"{what} of shape {matrix.shape} with scales {scales.dtype} {scales.shape}: one is needed for "
            "each block of a row, as float32."
        )
    if apart is not None:
        _refuse_apart(what, matrix, apart)
    return matrix


def _refuse_apart(what: str, matrix: Coded, apart: Tensor) -> None:
    few = len(apart.shape) == 1 and 0 < apart.shape[0] < matrix.shape[1]
    if apart.dtype != "I32" or not few or matrix.scales.shape[1] != 2 or matrix.weights != "int8":
        raise BadModel(
            f"{what} as {matrix.weights} {matrix.shape} with scales {matrix.scales.shape}, and sets columns "
            f"{apart.dtype} {apart.shape} apart: some columns of int8 codes are needed, as int32, and two "
            "scales a row."
        )
