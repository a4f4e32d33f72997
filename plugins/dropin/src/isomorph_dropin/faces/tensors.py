"""Between numpy and torch: what the faces give, and what they take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def device_of(device: Any) -> torch.device:
    """The device of torch that prints like this one; the CPU where it has none of that kind."""
    try:
        return torch.device(str(device))
    except RuntimeError:
        return torch.device("cpu")


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


def arrays(features: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays in place of tensors; what is neither is left out."""
    found = {
        k: v.detach().cpu().numpy() if hasattr(v, "detach") else v for k, v in features.items()
    }
    return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}


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
