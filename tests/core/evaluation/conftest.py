"""What sentence-transformers answered, and models with fixed vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from isomorph.postprocess.scores import cos_sim
from isomorph.postprocess.vectors import quantize_embeddings

from .cases import FixedVectors

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def expected():
    return json.loads((HERE / "expected.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def expected_scores():
    with np.load(HERE / "expected.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def model():
    return FixedVectors(quantize_embeddings, cos_sim)
