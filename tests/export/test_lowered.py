"""A model that a backend lowers is exported without the engine that exporters need."""

import json
import subprocess
import sys

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.export import export_model
from isomorph.testing.models import write

TEXTS = ["one", "", "a rather longer text of several words " * 8]

WITHOUT_SOURCE = """
import json, sys
for name in ("torch", "transformers", "onnx", "onnxscript", "isomorph_torch"):
    sys.modules[name] = None
from isomorph.cli import app
app(json.loads(sys.argv[1]))
"""


def test_from_the_command_line(lowering, tiny, tmp_path):
    target = tmp_path / "made"
    arguments = ["export", str(tiny), "--backend", lowering, "--output", str(target)]
    command = [sys.executable, "-W", "error", "-c", WITHOUT_SOURCE, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert str(target) in done.stdout
    assert "96 probes" in done.stdout
    with SentenceTransformer(target, backend=lowering, verify=True) as model:
        expected = SentenceTransformer(tiny, backend="reference").encode(TEXTS)
        np.testing.assert_allclose(model.encode(TEXTS), expected, rtol=0, atol=1e-5)


def test_without_weights_the_artifact_runs(lowering, tiny, tmp_path):
    made = export_model(tiny, lowering, tmp_path / "made", weights=False)
    with SentenceTransformer(made.folder, backend=lowering, strict=True, verify=True) as model:
        assert model.report().artifact == made.artifact
        expected = SentenceTransformer(tiny, backend="reference").encode(TEXTS)
        np.testing.assert_allclose(model.encode(TEXTS), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["bert-plain", "bert-shards", "static-dense", "prompt-mean"])
def test_other_folders(lowering, name, tmp_path):
    source = write(name, tmp_path / "source")
    made = export_model(source, lowering, tmp_path / "made")
    pooling = {"pooling": "mean"} if name == "bert-plain" else {}
    with SentenceTransformer(made.folder, backend=lowering, verify=True, **pooling) as model:
        expected = SentenceTransformer(source, backend="reference", **pooling).encode(TEXTS)
        np.testing.assert_allclose(model.encode(TEXTS), expected, rtol=0, atol=1e-5)
