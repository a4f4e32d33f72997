"""Tiny models that take sounds, beside the catalogue, whose models take texts: seeded, without any engine."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from isomorph.encoders.hearing.describe import encoder_of, families
from isomorph.encoders.hearing.description import SoundEncoder
from isomorph.encoders.tensors import shapes_of
from isomorph.testing.models import draw

_BASE = "sentence_transformers.base.modules.transformer.Transformer"
_POOLING = "sentence_transformers.sentence_transformer.modules.pooling.Pooling"
_WAY = {"method": "forward", "method_output_name": "last_hidden_state"}
RATE = 16_000
"""Samples in a second, of all of them."""


def sounds() -> tuple[str, ...]:
    """The names of the tiny models."""
    return tuple(_options())


def _options() -> Mapping[str, Mapping[str, Any]]:
    return {
        name: {"model_type": family.model_type, **options}
        for family in families().values()
        for name, options in family.tiny.items()
    }


def write_sounds(name: str, folder: Path, prefix: str = "") -> Path:
    """Writes one model; `prefix` stands before the names of its tensors. Returns the folder."""
    config = _options()[name]
    encoder, family = encoder_of(config), families()[config["model_type"]]
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    arrays = draw(shapes_of(encoder, encoder.hidden), rng)
    save_file(
        {prefix + name: array for name, array in arrays.items()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    modalities = {"audio": _WAY, "audio+text": _WAY}
    files: Mapping[str, Any] = {
        "config.json": config,
        "sentence_bert_config.json": {
            "transformer_task": "feature-extraction",
            "modality_config": modalities,
            "module_output_name": "token_embeddings",
        },
        "processor_config.json": {
            "feature_extractor": {
                "feature_extractor_type": family.extractors[0],
                "sampling_rate": RATE,
                **_extractor(encoder),
            }
        },
        "1_Pooling/config.json": {
            "embedding_dimension": encoder.hidden,
            "pooling_mode": "mean",
            "include_prompt": True,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": _BASE},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": _POOLING},
        ],
    }
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content, indent=1), "utf-8")
    return folder


def _extractor(encoder: SoundEncoder) -> Mapping[str, Any]:
    """The options of what makes the encoder's inputs."""
    if encoder.reads == "mels":
        assert encoder.positions is not None
        frames = encoder.positions * encoder.hop
        mels = encoder.convolutions[0].inputs
        return {"feature_size": mels, "chunk_length": 1, "hop_length": RATE // frames, "n_fft": 400}
    return {"feature_size": 1, "do_normalize": True, "padding_value": 0.0}


def sound(seconds: float, seed: int = 0, rate: int = RATE) -> NDArray[np.float32]:
    """A tone that rises, with noise: float32 (samples,) in -1 to 1."""
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(seed).standard_normal(len(time))
    tone = np.sin(2 * np.pi * (220 + 400 * time * (1 + seed)) * time)
    return np.clip(0.5 * tone + 0.1 * noise, -1, 1).astype(np.float32)
