"""The first forward of a graph, made while it is loaded."""

from __future__ import annotations

import numpy as np

from isomorph.contract import Model, Session, Values


def run_once(session: Session, model: Model) -> None:
    """Runs a row of two tokens, so that OpenVINO lays out the matrices that compiling left alone.

    It reads them for that from their file, whose pages can be let go only then. One token would be a
    product with a vector, which is made with the matrices as they are.
    """
    session.forward(_two_tokens(model))


def _two_tokens(model: Model) -> Values:
    names = model.graph.inputs
    shape = (2,) if "offsets" in names else (1, 2)
    feeds = {name: np.zeros(shape, np.int64) for name in names}
    known = {"attention_mask": np.ones(shape, np.int64), "prompt_length": np.zeros(1, np.int64)}
    return {name: known.get(name, zeros) for name, zeros in feeds.items()}
