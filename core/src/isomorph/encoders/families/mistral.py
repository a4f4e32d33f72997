"""Mistral (arXiv:2310.06825): Llama's layout with grouped heads and one window for all layers."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {
    **llama.DEFAULTS,
    "intermediate_size": 14_336,
    "num_key_value_heads": 8,
    "max_position_embeddings": 131_072,
    "sliding_window": 4096,
}


def describe(config: Config) -> Encoder:
    """``sliding_window`` null is no window; projections never have biases."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    windows = [config["sliding_window"]] * config["num_hidden_layers"]
    return decoders.encoder(config, bias=False, windows=windows)


FAMILY = Family(
    model_type="mistral",
    describe=describe,
    classes=Classes("Mistral"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tiny={"mistral": Tiny({**decoders.GROUPED, "sliding_window": 4}, pooling="lasttoken")},
)
