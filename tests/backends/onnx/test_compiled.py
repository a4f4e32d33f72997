"""Optimised graphs with packed matrices, kept between sessions."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph.contract import Device, Options
from isomorph.plugins.reading import read_model
from isomorph.testing.feeds import batch, rows
from isomorph.testing.models import write
from isomorph_onnx.backend import OnnxBackend
from isomorph_onnx.compiled import FILE

CPU = Device("cpu")


@pytest.fixture
def model(tmp_path):
    return read_model(write("bert", tmp_path / "model"))


class Keep:
    """Keeps in one folder, and says what it was asked."""

    def __init__(self, folder):
        self.folder = folder
        self.asked = []

    def __call__(self, description, make, /):
        self.asked.append(description)
        if not self.folder.exists():
            self.folder.mkdir()
            make(self.folder)
        return self.folder


def forward(model, keep=None):
    backend = OnnxBackend()
    options = Options() if keep is None else Options(compile_cache=keep)
    session = backend.load(model, backend.claim(model, CPU), options)
    try:
        return session.forward(batch(model, rows(model, [9, 4, 1])))["sentence_embedding"]
    finally:
        session.close()


def test_the_kept_graph_is_used_and_has_the_same_bits(model, tmp_path):
    keep = Keep(tmp_path / "kept")
    plain = forward(model)
    np.testing.assert_array_equal(forward(model, keep), plain)
    made = {path.name: path.stat().st_mtime_ns for path in keep.folder.iterdir()}
    assert made.keys() == {FILE, f"{FILE}.data"}
    data = keep.folder / f"{FILE}.data"
    data.write_bytes(bytes(data.stat().st_size))
    assert not np.array_equal(forward(model, keep), plain), "its weights are those that are read"
    assert len(set(keep.asked)) == 1
    assert keep.asked[0].startswith(b"onnxruntime 1.")


def test_what_was_removed_or_damaged_is_compiled_anew(model, tmp_path):
    keep = Keep(tmp_path / "kept")
    plain = forward(model, keep)
    data = keep.folder / f"{FILE}.data"
    data.write_bytes(data.read_bytes()[:-5000])
    np.testing.assert_array_equal(forward(model, keep), plain)
    data.unlink()
    np.testing.assert_array_equal(forward(model, keep), plain)
    (keep.folder / FILE).write_bytes(b"no graph")
    np.testing.assert_array_equal(forward(model, keep), plain)


def test_weights_that_are_converted_in_memory_are_not_kept(tmp_path):
    model = read_model(write("bert-float16-file", tmp_path / "model"))
    keep = Keep(tmp_path / "kept")
    forward(model, keep)
    assert keep.asked == []
