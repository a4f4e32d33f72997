"""Communities: groups of vectors around one that is close to all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import COUNT, NUMBER, checking
from isomorph.postprocess.arrays import as_matrix
from isomorph.postprocess.scores import dot_score
from isomorph.postprocess.vectors import normalize
from isomorph.search.nearest import MOST_SCORES, sliceable

Array = NDArray[Any]


@checking(threshold=NUMBER, min_community_size=COUNT, batch_size=COUNT)
def community_detection(
    embeddings: Any,
    threshold: float = 0.75,
    min_community_size: int = 10,
    batch_size: int = 1024,
    show_progress_bar: bool = False,
) -> list[list[int]]:
    """Groups of vectors whose cosine with a central one is at least `threshold`.

    The largest groups are taken first, and no vector is in two. Scores are computed twice and never
    kept, so that memory grows with the number of vectors and not with its square.

    Args:
        embeddings: (n, dim): array, tensor, list or scipy's CSR.
        threshold: the least cosine.
        min_community_size: the least size of a group, its centre included.
        batch_size: at most so many vectors are compared with all at a time.
        show_progress_bar: a bar on stderr.

    Returns:
        Lists of indices, the largest group first; in each the centre first, then by falling cosine.

    Raises:
        InputError: a number below 1.
    """
    vectors = sliceable(embeddings)
    n = vectors.shape[0]
    if n < min_community_size:
        return []
    unit = normalize(as_matrix(vectors))
    step = max(1, min(batch_size, MOST_SCORES // n))
    starts = _progress(range(0, n, step), show_progress_bar)
    close = [(dot_score(unit[s : s + step], unit) >= threshold).sum(axis=1) for s in starts]
    counts = np.concatenate(close)
    centres = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts >= min_community_size)]
    used = np.zeros(n, bool)
    found = []
    for centre, members in _groups(unit, centres, threshold, step, used):
        rest = members[~used[members]]
        if len(rest) >= min_community_size:
            found.append([centre, *rest[rest != centre].tolist()])
            used[found[-1]] = True
    return sorted(found, key=len, reverse=True)


def _groups(
    unit: Any, centres: Array, threshold: float, step: int, used: Array
) -> Iterator[tuple[int, Array]]:
    """Each centre that is still free with all that is close to it, nearest first."""
    for start in range(0, len(centres), step):
        block = centres[start : start + step]
        block = block[~used[block]]
        if not len(block):
            continue
        for centre, scores in zip(block.tolist(), dot_score(unit[block], unit), strict=True):
            if used[centre]:
                continue
            members = np.flatnonzero(scores >= threshold)
            yield centre, members[np.argsort(-scores[members], kind="stable")]


def _progress(starts: range, shown: bool) -> Iterable[int]:
    if not shown:
        return starts
    from tqdm import tqdm

    bar: Iterable[int] = tqdm(starts, desc="Communities")
    return bar
