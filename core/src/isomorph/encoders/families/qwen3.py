"""Qwen3 (arXiv:2505.09388): Qwen2's layout; queries and keys of each head are normalised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders import decoders
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import qwen2

MODEL_TYPES = ("qwen3",)
DEFAULTS = {**qwen2.DEFAULTS, "head_dim": 128}


def describe(config: Mapping[str, Any]) -> Encoder:
    """Biases on all four projections or on none."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    windows = qwen2.layer_windows(config)
    return decoders.encoder(config, config["attention_bias"], windows=windows, head_norms=True)
