"""A linear layer."""

import numpy as np

from isomorph.reference.array import Array


def run(x: Array, weight: Array, bias: Array | None) -> Array:
    """x W^T + b. Rows are multiplied as one matrix, so that BLAS sees a single large product."""
    rows = x.reshape(-1, x.shape[-1]) @ weight.T
    if bias is not None:
        rows += bias
    return np.asarray(rows.reshape(*x.shape[:-1], weight.shape[0]))
