"""Inputs whose call says how they are processed, against what sentence-transformers makes of each alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.parity.asked import CASES, key

from isomorph import SentenceTransformer
from isomorph.errors import TruncationWarning

pytestmark = [
    pytest.mark.usefixtures("one_session"),
    pytest.mark.filterwarnings(f"ignore::{TruncationWarning.__module__}.TruncationWarning"),
]
VECTORS = np.load(Path(__file__).parent / "asked.npz")


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """A model of `CASES` on a backend."""
    place = tmp_path_factory.mktemp("asked")

    @cache
    def loaded(name, backend):
        build, variant, _, told = CASES[name]
        folder = place / name
        if not folder.exists():
            build(variant, folder)
        return SentenceTransformer(folder, backend=backend, device="cpu", processor_kwargs=told)

    return loaded


@pytest.mark.parametrize("name", CASES)
def test_vectors_are_those_of_the_reference(name, load):
    model = load(name, "reference")
    for asked, (inputs, said) in CASES[name][2].items():
        found, wanted = model.encode(inputs, processing_kwargs=said), VECTORS[key(name, asked)]
        assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max(), asked


@pytest.mark.parametrize("name", ["qwen2_vl", "clip", "clap", "texts-structured"])
def test_every_backend_follows_a_call(name, load, backend):
    model = load(name, backend)
    assert all(row.runs == backend for row in model.explain().rows)
    for asked, (inputs, said) in CASES[name][2].items():
        found, wanted = model.encode(inputs, processing_kwargs=said), VECTORS[key(name, asked)]
        assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max(), asked
