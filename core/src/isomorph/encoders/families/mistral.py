"""Mistral (arXiv:2310.06825): Llama's layout with grouped heads and one window for all layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders import decoders
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import llama

MODEL_TYPES = ("mistral",)
DEFAULTS = {
    **llama.DEFAULTS,
    "intermediate_size": 14_336,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131_072,
    "sliding_window": 4096,
}


def describe(config: Mapping[str, Any]) -> Encoder:
    """``sliding_window`` null is no window; projections never have biases."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    windows = [config["sliding_window"]] * config["num_hidden_layers"]
    return decoders.encoder(config, bias=False, windows=windows)
