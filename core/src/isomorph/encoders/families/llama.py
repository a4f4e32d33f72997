"""Llama (arXiv:2302.13971): the plain decoder layout; biases by option."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {
    "vocab_size": 32_000,
    "hidden_size": 4096,
    "intermediate_size": 11_008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": None,
    "head_dim": None,
    "hidden_act": "silu",
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-6,
    "is_causal": True,
    "attention_bias": False,
    "mlp_bias": False,
}
"""transformers' defaults; ``is_causal`` it has for every decoder, though no file needs to set it."""


def describe(config: Config) -> Encoder:
    """Llama's layout; tensor names as transformers writes them."""
    config = {**DEFAULTS, **config}
    return decoders.encoder(config, bias=config["attention_bias"])


FAMILIES = (
    Family(
        model_type="llama",
        describe=describe,
        classes=Classes("Llama"),
        classifier=layouts.last_token,
        causal_lm=layouts.untied_lm,
        tiny={
            "llama": Tiny({**decoders.GROUPED, "attention_bias": True}, pooling="lasttoken"),
            "llama-both-ways": Tiny({**decoders.GROUPED, "is_causal": False}),
        },
    ),
)
