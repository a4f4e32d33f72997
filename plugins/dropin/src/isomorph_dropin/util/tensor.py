"""Functions on single vectors and matrices, which answer tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from isomorph import util
from isomorph_dropin.faces.tensors import tensors
from isomorph_dropin.util.similarity import answering_tensors

normalize_embeddings = answering_tensors(util.normalize_embeddings)
select_max_active_dims = answering_tensors(util.select_max_active_dims)
truncate_embeddings = util.truncate_embeddings


def batch_to_device(batch: dict[str, Any], target_device: Any) -> dict[str, Any]:
    """The same dictionary, whose tensors are on a device of torch."""
    for name, value in batch.items():
        if isinstance(value, torch.Tensor):
            batch[name] = value.to(target_device)
    return batch


def compute_count_vector(embeddings: Any) -> Any:
    """How many rows of (n, V) have a number other than 0 in each column: int64 (V,)."""
    found = embeddings.coalesce() if embeddings.is_sparse else embeddings.to_sparse_coo().coalesce()
    columns = found.indices()[-1][found.values() != 0]
    return torch.bincount(columns, minlength=embeddings.shape[-1])


def to_scipy_coo(embeddings: Any) -> Any:
    """scipy's COO matrix of a sparse tensor (n, V)."""
    from scipy.sparse import coo_matrix

    found = embeddings.cpu().coalesce()
    place = tuple(found.indices().numpy())
    return coo_matrix((found.values().numpy(), place), shape=tuple(found.shape))


def append_to_last_row(values: list[list[Any]], more: Any) -> bool:
    """Whether there was a last row to append to."""
    if not values:
        return False
    values[-1].append(more)
    return True


def as_tensor(values: Any) -> Any:
    """A tensor of numbers that came as an array, a list or a tensor."""
    return values if isinstance(values, torch.Tensor) else tensors(np.asarray(values))
