from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder

PARITY = Path(__file__).parents[2] / "parity"

MODELS = {
    "sentence": (SentenceTransformer, PARITY / "models" / "long-chain"),
    "prompted": (SentenceTransformer, PARITY / "models" / "prompts-default"),
    "sparse": (SparseEncoder, PARITY / "sparse" / "models" / "splade-max"),
    "routed": (SparseEncoder, PARITY / "sparse" / "models" / "inference-free"),
    "cross": (CrossEncoder, PARITY / "cross_encoders" / "models" / "bert-typed"),
    "labels": (CrossEncoder, PARITY / "cross_encoders" / "models" / "bert-three-labels"),
    "auto": (SparseEncoder, PARITY / "sparse" / "models" / "auto-encoder"),
    "multi": (MultiVectorEncoder, PARITY / "multi_vector" / "models" / "modern-prompts"),
}
"""One model of each class, and of each kind that a card shows differently."""


@pytest.fixture
def load():
    """Loads one of MODELS; further arguments go to its class."""

    def load(name, **kwargs):
        kind, folder = MODELS[name]
        return kind(folder, backend="reference", **kwargs)

    return load


@pytest.fixture
def still(monkeypatch, deny_network):
    """Fails the test on any connection, look-up of a name, loading or forward."""

    def refuse(*args: object, **_: object) -> None:
        pytest.fail(f"this must not happen: {args}")

    deny_network()
    monkeypatch.setattr("isomorph.runtime.pipeline.Pipeline.run", refuse)
    monkeypatch.setattr("isomorph.runtime.pipeline.Pipeline.runner", refuse)


@pytest.fixture
def folder_of(tmp_path):
    """Loads a copy of a model that has a README.md with a text, "" for none."""

    def load(readme, place=tmp_path / "model"):
        shutil.copytree(MODELS["sentence"][1], place)
        if readme:
            (place / "README.md").write_text(readme, "utf-8")
        return SentenceTransformer(place, backend="reference")

    return load
