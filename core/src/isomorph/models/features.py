"""All that a model makes of a text, under the names of its modules: ``output_value=None``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.models.call import Call
from isomorph.postprocess.tensors import as_tensor
from isomorph.postprocess.vectors import truncate

NAMES = ("token_embeddings", "sentence_embedding")


def with_ids(row: NDArray[Any], ids: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """What a job keeps of each text for `features`."""
    return row.copy(), ids


def features(
    call: Call,
    rows: Sequence[tuple[NDArray[Any], NDArray[np.int64]]],
    *,
    truncate_dim: int | None,
    to_tensor: bool,
) -> dict[str, Any] | list[dict[str, Any]]:
    """A dictionary a text, or the only one: ids, mask, and each of `NAMES` that the chain writes.

    There is no padding. `rows` are what `call` kept; the chain runs once more for every other name.
    Ids and mask are int64 (tokens,), token embeddings float32 (tokens, dim), the sentence embedding
    float32 (dim,).
    """
    pipeline, job = call.pipeline, call.job
    written = {name for module in pipeline.model.graph.modules for name in module.outputs}
    found = {job.output: rows}
    for name in NAMES:
        if name in written and name not in found:
            found[name] = pipeline.run(call.inputs, replace(job, output=name))[0]
    result: list[dict[str, Any]] = []
    for index, (_, ids) in enumerate(rows):
        each = {
            "input_ids": np.asarray(ids, np.int64),
            "attention_mask": np.ones(len(ids), np.int64),
        }
        each |= {name: found[name][index][0].copy() for name in NAMES if name in found}
        each["sentence_embedding"] = truncate(each["sentence_embedding"], truncate_dim)
        result.append({name: as_tensor(v) for name, v in each.items()} if to_tensor else each)
    return result[0] if call.single else result
