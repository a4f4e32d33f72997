"""How far apart sparse vectors are, without making more than one of them dense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.postprocess.sparse import as_csr

Array = NDArray[Any]


def differences(a: Any, b: Any, measure: Callable[[Array], Array]) -> Array:
    """Sums of `measure` of the differences of all rows of `a` (m, V) and `b` (n, V): float64 (m, n).

    They are summed from one row of `a` and the stored numbers of `b`: where b is 0 a term is that of a
    alone, so that |a - b| = sum |a| + sum (|b - a| - |a|) over the columns that b stores, and likewise
    for squares.
    """
    left, right = as_csr(a), as_csr(b)
    stored = right.data.astype(np.float64)
    rows = np.repeat(np.arange(right.shape[0]), np.diff(right.indptr))
    result = np.zeros((left.shape[0], right.shape[0]))
    row = np.zeros(left.shape[1])
    for index in range(left.shape[0]):
        begin, end = left.indptr[index : index + 2]
        columns = left.indices[begin:end]
        row[columns] = left.data[begin:end]
        there = row[right.indices]
        terms = measure(stored - there) - measure(there)
        result[index] = measure(row[columns]).sum() + np.bincount(rows, terms, right.shape[0])
        row[columns] = 0
    return result
