"""The backends that these tests run on, and what one of them makes of a model folder."""

import os

import numpy as np

from isomorph.contract import Device, Options
from isomorph.errors import BackendUnavailable
from isomorph.plugins.discovery import installed
from isomorph.plugins.reading import read_model
from isomorph.testing.suite import EXPECT_VARIABLE, skip

CPU = Device("cpu")
TOLERANCE = 1e-5
PER_TOKEN = ("token_embeddings", "all_layer_embeddings")


def backend_names(plugins):
    """Those installed, those that cannot be loaded or clash, and those that are expected."""
    expected = filter(None, os.environ.get(EXPECT_VARIABLE, "").split(","))
    there = [info.name for info in plugins.infos]
    broken = [*(failure.name for failure in plugins.failed), *plugins.ambiguous]
    return sorted({*there, *broken, *expected})


def backend_of(plugins, name):
    """The backend. An absent engine is a reason to skip; a plugin that is broken raises."""
    try:
        return plugins.backend(name)
    except BackendUnavailable as reason:
        skip(name, reason)


def run(backend, folder, outputs, batches):
    """What a backend makes of each batch, with the whole model as its own."""
    model = read_model(folder)
    model = model.with_graph(model.graph.until(outputs))
    claim = backend.claim(model, CPU)
    assert claim.depth == len(model.graph), claim.reason
    session = backend.load(model, claim, Options(threads=1))
    try:
        return [
            session.forward({name: feeds[name] for name in model.graph.inputs}) for feeds in batches
        ]
    finally:
        session.close()


def check(name, folder, batches, expected):
    """The backend of this name gives what is expected of each batch."""
    backend = backend_of(installed(), name)
    found = run(backend, folder, tuple(expected[0]), batches)
    worst = [difference(*each) for each in zip(found, expected, batches, strict=True)]
    assert max(worst) < TOLERANCE, worst


def difference(found, expected, feeds):
    """The largest difference at real tokens, over the largest value of the same output there."""
    real, worst = feeds["attention_mask"] > 0, 0.0
    for name, wanted in expected.items():
        assert found[name].dtype == np.float32
        assert found[name].shape == wanted.shape
        at = (..., real, slice(None)) if name in PER_TOKEN else ...
        right, off = wanted[at], found[name][at] - wanted[at]
        assert np.isfinite(off).all()
        worst = max(worst, float(np.abs(off).max() / np.abs(right).max()))
    return worst
