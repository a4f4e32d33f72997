"""What a person sees of a model at a prompt."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.numpy import load_file

from isomorph import SentenceTransformer
from isomorph.runtime.described import MOST

PARITY = Path(__file__).parents[2] / "parity"
MODEL = PARITY / "models" / "bert-mean"


def test_a_model_says_its_class_folder_backend_and_device(backend):
    model = SentenceTransformer(MODEL, backend=backend)
    title, *modules = repr(model).splitlines()
    assert title == f"SentenceTransformer({str(MODEL)!r}, backend={backend!r}, device='cpu')"
    assert [line.split()[:2] for line in modules] == [
        [str(place), module.kind] for place, module in enumerate(model)
    ]


def test_a_line_says_how_many_weights_its_module_has():
    model = SentenceTransformer(MODEL, backend="reference")
    size = sum(array.size for array in load_file(MODEL / "model.safetensors").values())
    assert repr(model).splitlines()[1].endswith(f"{size:,} weights")


def test_routes_have_their_names_in_front():
    model = SentenceTransformer(PARITY / "routed" / "models" / "one-encoder", backend="reference")
    assert "query" in repr(model)
    assert "document" in repr(model)


@pytest.mark.parametrize("name", ["long-chain", "bert-mean"])
def test_it_is_short_and_holds_no_settings(name):
    model = SentenceTransformer(PARITY / "models" / name, backend="reference")
    assert len(repr(model).splitlines()) <= MOST + 2
    assert "{" not in repr(model)


def test_a_module_is_one_short_line():
    model = SentenceTransformer(MODEL, backend="reference")
    for module in model:
        line = repr(module)
        assert "\n" not in line
        assert len(line) < 120
        assert module.kind in line
        assert module.outputs[0] in line
    assert str(len(model[0].weights)) in repr(model[0:1])
