"""Between numpy and torch: what the faces give, and what they take."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import numpy as np
import torch


def device_of(device: Any) -> torch.device:
    """The device of torch that prints like this one; the CPU where it has none of that kind."""
    try:
        return torch.device(str(device))
    except RuntimeError:
        return torch.device("cpu")


def chunk_of(chunk_size: int | None, device: Any, pool: Any) -> int | None:
    """How many inputs a worker gets at once; None without workers, where nothing asks for chunks."""
    return chunk_size if pool is not None or isinstance(device, list | tuple) else None


def type_of(loaded: Any) -> torch.dtype:
    """The type that a loaded model computes in; float32 where its engine says another word for it."""
    pipeline = loaded.pipeline
    said = pipeline.precision or pipeline.plan.claim.arithmetic
    if pipeline.is_open:
        said = loaded.open().effective.arithmetic
    found = getattr(torch, str(said), None)
    return found if isinstance(found, torch.dtype) else torch.float32


def in_type(value: Any, dtype: torch.dtype) -> Any:
    """Floats as a model of torch of this type gives them, in lists, tuples and dictionaries too.

    Args:
        value: arrays and tensors in float32, as isomorph gives them.
        dtype: the type that the model computes in. numpy has no bfloat16: such arrays stay.
    """
    if dtype is torch.float32:
        return value
    if isinstance(value, list | tuple):
        return type(value)(in_type(each, dtype) for each in value)
    if isinstance(value, dict):
        return {name: in_type(each, dtype) for name, each in value.items()}
    if isinstance(value, torch.Tensor):
        return value.to(dtype) if value.is_floating_point() else value
    is_float = isinstance(value, np.ndarray) and value.dtype == np.float32
    return value.astype(np.float16) if is_float and dtype is torch.float16 else value


def tensors(value: Any, device: torch.device | None = None) -> Any:
    """A tensor in place of each array, in lists, tuples and dictionaries too.

    Args:
        value: what isomorph gives.
        device: where the tensors shall be; None leaves them where they are.
    """
    if isinstance(value, list | tuple):
        return type(value)(tensors(each, device) for each in value)
    if isinstance(value, dict):
        return {name: tensors(each, device) for name, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        value = torch.from_numpy(array if array.flags.writeable else array.copy())
    if isinstance(value, torch.Tensor) and device is not None and device.type != "cpu":
        return value.to(device)
    return value


def dense(value: Any) -> torch.Tensor | None:
    """A dense tensor of numbers, in float32 where they are narrower floats; None of what is none.

    Args:
        value: a tensor, an array, or a list of numbers, of lists, of tensors or of arrays.
    """
    if isinstance(value, list | tuple) and value:
        kinds = {type(each) for each in value}
        if any(issubclass(kind, torch.Tensor) for kind in kinds):
            alike = (
                len(kinds) == 1
                and len({(t.shape, t.layout, t.dtype, t.device) for t in value}) == 1
            )
            value = torch.stack(list(value)) if alike and not value[0].is_sparse else None
        elif kinds <= {list, int, float, np.ndarray}:
            value = _of_numbers(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        try:
            value = tensors(value)
        except (TypeError, ValueError):  # a type, or a stride, that torch does not have
            return None
    if not isinstance(value, torch.Tensor) or value.layout is not torch.strided:
        return None
    narrow = value.is_floating_point() and value.dtype.itemsize < torch.float32.itemsize
    return value.float() if narrow else value


def _of_numbers(value: Any) -> Any:
    """The array of a list; floats of Python are torch's, of 32 bits."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of several lengths
        return None
    inner = value
    while isinstance(inner, list | tuple) and inner:
        inner = inner[0]
    own = isinstance(inner, float | int) and array.dtype == np.float64
    return array.astype(np.float32) if own else array


def arrays(features: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays in place of tensors; what is neither is left out."""
    found = {
        k: v.detach().cpu().numpy() if hasattr(v, "detach") else v for k, v in features.items()
    }
    return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}


def fed(features: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays in place of tensors, and what a tokenizer leaves out where it says nothing."""
    feeds = arrays(features)
    if "input_ids" not in feeds:
        return feeds
    prompt = features.get("prompt_length", 0)
    silent = {
        "token_type_ids": np.zeros_like(feeds["input_ids"]),
        "prompt_length": np.full(len(feeds["input_ids"]), prompt if isinstance(prompt, int) else 0),
    }
    return {**silent, **feeds}


def filled(features: Mapping[str, Any], results: Mapping[str, Any]) -> Mapping[str, Any]:
    """The features with results: the same dictionary, where they are one that can be written to."""
    if not isinstance(features, MutableMapping):
        return {**features, **results}
    features.update(results)
    return features


def rows(matrix: Any, device: torch.device | None = None) -> list[torch.Tensor]:
    """A sparse tensor (V,) for each row of a CSR matrix (rows, V), each coalesced."""
    matrix = matrix.tocsr()
    found = []
    for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        where = torch.from_numpy(matrix.indices[start:end].astype(np.int64)[None])
        values = torch.from_numpy(matrix.data[start:end].copy())
        row = torch.sparse_coo_tensor(
            where, values, matrix.shape[1:], is_coalesced=True, check_invariants=False
        )
        found.append(tensors(row, device))
    return found
