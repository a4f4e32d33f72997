"""Positions, for encoders in files of others that want them as an input."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Model, Values
from isomorph.encoders.describe import describe, family_of
from isomorph.encoders.family import Counting
from isomorph.errors import Unsupported


def position_ids(model: Model, values: Values) -> NDArray[np.int64]:
    """What an exported encoder's input ``position_ids`` wants: int64 (rows, width).

    Columns counted from 0, unless the encoder's family counts from another number, or real tokens
    alone, as RoBERTa's does: then padding has the position of the padding token.
    """
    ids = values["input_ids"]
    columns = np.arange(ids.shape[1], dtype=np.int64)
    positions = None
    with suppress(Unsupported):  # no family: nothing says that it counts otherwise
        config = model.graph.modules[0].config.get("transformer", {})
        positions = describe(config).embeddings.positions
    if positions is None:
        return np.tile(columns, (len(ids), 1))
    if not positions.after_padding:
        return np.tile(columns + positions.start, (len(ids), 1))
    real = ids != positions.padding_id
    counted = np.cumsum(real, axis=1) - 1 + positions.start
    return np.asarray(np.where(real, counted, positions.padding_id), np.int64)


def counting_unpadded(model_type: str) -> Counting | None:
    """What the positions of a text count where transformers' model is fed real tokens alone.

    None where such a model cannot be fed without padding.
    """
    family = family_of({"model_type": model_type})
    return None if family is None else family.unpadded
