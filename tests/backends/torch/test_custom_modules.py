"""Module classes of a model's own: Python code beside its weights, refused or run because it is trusted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from isomorph import SentenceTransformer, installed
from isomorph.errors import Unsupported

SOURCE = Path(__file__).parents[2] / "parity" / "models" / "bert-mean"
CODE = """
from torch import nn
from .own_factor import FACTOR

open({trace!r}, "w").close()


class Scaled(nn.Module):
    @classmethod
    def load(cls, {parameters}):
        return cls({folder})

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def forward(self, features):
        features["sentence_embedding"] = features["sentence_embedding"] * FACTOR
        return {returned}
"""
RUN = """
import numpy as np
from isomorph import SentenceTransformer

with SentenceTransformer({plain!r}, backend="torch") as model:
    want = 3 * model.encode(["a sea", "the river"])
with SentenceTransformer({own!r}, trust_remote_code=True) as model:
    assert model.get_backend() == "torch"
    assert model.get_embedding_dimension() == want.shape[1]
    assert model.encode([]).shape == (0, want.shape[1])
    np.testing.assert_allclose(model.encode(["a sea", "the river"]), want, atol=1e-5)
    print(model.torch_module[2].live.folder)
"""


@pytest.fixture
def own(tmp_path):
    """Adds the class to a copy of a model; says how it is loaded and what it returns."""

    def make(parameters="path", folder="path", returned="features", place=2):
        root = Path(shutil.copytree(SOURCE, tmp_path / "model"))
        code = CODE.format(
            trace=str(tmp_path / "trace"), parameters=parameters, folder=folder, returned=returned
        )
        (root / "own_head.py").write_text(code)
        (root / "own_factor.py").write_text("FACTOR = 3\n")
        (root / "2_Scaled").mkdir()
        entries = json.loads((root / "modules.json").read_text())
        entry = {"idx": 2, "name": "2", "path": "2_Scaled", "type": "own_head.Scaled"}
        entries.insert(place, entry)
        (root / "modules.json").write_text(json.dumps(entries))
        return root

    return make


def run(root):
    """In a process of its own: transformers keeps such code in a cache and in sys.modules."""
    script = RUN.format(plain=str(SOURCE), own=str(root))
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "HF_HOME": str(root.parent / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("backend", [None, *(info.name for info in installed().infos)])
def test_it_does_not_run_unless_it_is_trusted(own, backend):
    root = own()
    with pytest.raises(Unsupported, match=r"own_head\.Scaled.*trust_remote_code=True"):
        SentenceTransformer(root, backend=backend)
    assert not (root.parent / "trace").exists()


@pytest.mark.parametrize(
    "backend", [info.name for info in installed().infos if info.name != "torch"]
)
def test_a_graph_cannot_hold_it(own, backend):
    root = own()
    with pytest.raises(Unsupported, match="only a backend with a live model"):
        SentenceTransformer(root, backend=backend, trust_remote_code=True)
    assert not (root.parent / "trace").exists()


@pytest.mark.parametrize(
    ("parameters", "folder", "loaded"),
    [
        ("path", "path", "2_Scaled"),
        ("path, subfolder='', **kwargs", "path + '/' + subfolder", "2_Scaled"),
        ("path, *, subfolder='', trust_remote_code=False", "f'{path}/{trust_remote_code}'", "True"),
    ],
)
def test_it_runs_when_it_is_trusted(own, parameters, folder, loaded):
    root = own(parameters, folder)
    done = run(root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(root / loaded)
    assert (root.parent / "trace").exists()


def test_what_it_returns_is_checked(own):
    done = run(own(returned="{'other': features['sentence_embedding']}"))
    assert done.returncode
    assert "must return its features with sentence_embedding, and returned ['other']" in done.stderr


def test_one_that_tokenises_is_refused(own):
    with pytest.raises(Unsupported, match="stands first"):
        SentenceTransformer(own(place=0), trust_remote_code=True)
