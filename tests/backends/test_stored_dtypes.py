"""Checkpoints in half precision compute in float32, with exactly the stored numbers, on every backend."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph import SentenceTransformer, installed
from isomorph.errors import BackendUnavailable
from isomorph.plugins.reading import read_model
from isomorph.testing.models import write

TEXTS = ["the cat sat", "a dog in the rain ran", "sun"]
EXPECTED = os.environ.get("ISOMORPH_EXPECT", "").split(",")


def encode(folder, backend):
    try:
        model = SentenceTransformer(folder, backend=backend)
    except BackendUnavailable as reason:
        (pytest.fail if backend in EXPECTED else pytest.skip)(str(reason))
    return model.encode(TEXTS), model


@pytest.mark.parametrize("backend", [info.name for info in installed().infos])
@pytest.mark.parametrize("name", ["bert-float16-file", "bert-bfloat16-file"])
def test_half_precision_files_are_upcast_and_nothing_else(tmp_path, name, backend):
    stored = write(name, tmp_path / "stored")
    upcast = shutil.copytree(stored, tmp_path / "upcast")
    tensors = read_model(stored).tensors["0"]
    assert {tensor.dtype for tensor in tensors.values()} == {"BF16" if "bfloat" in name else "F16"}
    arrays = {key: np.array(tensor.numpy()) for key, tensor in tensors.items()}
    save_file(arrays, upcast / "model.safetensors", {"format": "pt"})
    found, model = encode(stored, backend)
    expected, _ = encode(upcast, backend)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    report = model.report()
    assert (report.precision, report.native) == ("float32", report.modules)
    assert model.dtype == np.float32
