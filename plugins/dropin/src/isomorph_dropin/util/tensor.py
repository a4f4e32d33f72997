"""Functions on single vectors and matrices, which answer tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from isomorph import util
from isomorph_dropin.faces.tensors import tensors
from isomorph_dropin.util.similarity import answering_tensors

_normalized = answering_tensors(util.normalize_embeddings)
_selected = answering_tensors(util.select_max_active_dims)
_SHORTEST = 1e-12
"""What a length is at least, where it divides."""
truncate_embeddings = util.truncate_embeddings


def select_max_active_dims(embeddings: Any, max_active_dims: int | None) -> Any:
    """A tensor with the `max_active_dims` largest features of each vector; None gives what came."""
    return embeddings if max_active_dims is None else _selected(embeddings, max_active_dims)


def normalize_embeddings(embeddings: Any) -> Any:
    """Vectors of length 1, of a tensor in its layout; those that are 0 stay 0."""
    if not isinstance(embeddings, torch.Tensor):
        return _normalized(embeddings)
    if not embeddings.is_sparse:
        return torch.nn.functional.normalize(embeddings, p=2, dim=-1)
    found = embeddings.coalesce()
    where, values = found.indices(), found.values()
    rows = where[0] if found.ndim == 2 else torch.zeros_like(where[0])
    squares = torch.zeros(len(found) if found.ndim == 2 else 1, device=found.device)
    lengths = squares.index_add(0, rows, values.float().square()).sqrt().clamp_min(_SHORTEST)
    return torch.sparse_coo_tensor(
        where,
        values / lengths[rows].to(values.dtype),
        found.shape,
        is_coalesced=True,
        check_invariants=False,
    )


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
