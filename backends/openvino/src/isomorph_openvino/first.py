"""The first forward of a graph, made while it is loaded."""

from __future__ import annotations

import numpy as np

from isomorph.contract import Model, Session, Values


def run_once(session: Session, model: Model) -> None:
    """Runs a row of two positions, so that OpenVINO lays out the matrices that compiling left alone.

    It reads them for that from their file, whose pages can be let go only then. One position would be a
    product with a vector, which is made with the matrices as they are.
    """
    session.forward(_two_positions(model))


def _two_positions(model: Model) -> Values:
    graph = model.graph
    sizes = {"rows": 1, "width": 2, "tokens": 2}
    found = {}
    for name in graph.inputs:
        feed = graph.feed(name)
        shape = [axis if isinstance(axis, int) else sizes.get(axis, 1) for axis in feed.axes]
        filled = np.ones if name == "attention_mask" else np.zeros
        found[name] = filled(shape, feed.dtype)
    return found
