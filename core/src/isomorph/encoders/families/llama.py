"""Llama (arXiv:2302.13971): the plain decoder layout; biases by option.

Nemotron's embedders are that with attention to both sides.
"""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier
from isomorph.errors import BadModel

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


def describe_both_ways(config: Config) -> Encoder:
    """NVIDIA's code of this type: every token sees all others, whatever the file says."""
    return describe({**config, "is_causal": False})


def mean_classifier(config: Config, hidden: int) -> Classifier:
    """The mean of all tokens; scores are divided by ``temperature``."""
    require(config, "pooling", "avg", "avg")
    temperature = config.get("temperature", 1.0)
    if not isinstance(temperature, int | float) or not 0 < temperature < float("inf"):
        raise BadModel(
            f"config.json sets temperature={temperature!r}, by which scores are divided."
        )
    output = Linear("score", hidden, layouts.labels(config), bias=False)
    return Classifier(output, "mean", scale=1 / temperature)


FAMILY = Family(
    model_type="llama",
    describe=describe,
    classes=Classes("Llama"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tiny={
        "llama": Tiny({**decoders.GROUPED, "attention_bias": True}, pooling="lasttoken"),
        "llama-both-ways": Tiny({**decoders.GROUPED, "is_causal": False}),
    },
)
LLAMA_BIDIREC = Family(
    model_type="llama_bidirec",
    describe=describe_both_ways,
    classes=Classes("LlamaBidirectional"),
    classifier=mean_classifier,
    tiny={"llama-bidirec": Tiny({**decoders.GROUPED, "temperature": 0.2})},
)
