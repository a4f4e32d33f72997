"""The exporter and its backend, used as a user does: `isomorph export`, then the folder it made."""

import subprocess
import sys

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.testing.models import write


@pytest.fixture
def folder(tmp_path):
    return write("static", tmp_path / "model")


def export(folder, target):
    command = [sys.executable, "-m", "isomorph.cli", "export", str(folder), "--quiet"]
    command += ["--backend", "template", "--output", str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_is_exported_gives_the_same_vectors(folder, tmp_path):
    done = export(folder, tmp_path / "baked")
    assert done.returncode == 0, done.stderr
    expected = SentenceTransformer(folder, backend="reference").encode(["one", "two words"])
    baked = SentenceTransformer(tmp_path / "baked", backend="template")
    np.testing.assert_allclose(baked.encode(["one", "two words"]), expected, atol=1e-5)
    assert baked.report().backend == "template"


def test_a_model_that_cannot_be_baked_is_refused_and_leaves_nothing(tmp_path):
    done = export(write("roberta-types", tmp_path / "model"), tmp_path / "baked")
    assert done.returncode == 2
    assert "begin with a StaticEmbedding" in done.stderr
    assert not (tmp_path / "baked").exists()
