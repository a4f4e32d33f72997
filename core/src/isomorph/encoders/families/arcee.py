"""Arcee's models (AFM): Llama's layout without gates."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, activation
from isomorph.encoders.description import Encoder, FeedForward, Linear
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {
    **llama.DEFAULTS,
    "hidden_size": 2560,
    "intermediate_size": 18_432,
    "hidden_act": "relu2",
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5,
}


def describe(config: Config) -> Encoder:
    """A feed-forward squares what is positive."""
    config = {**DEFAULTS, **config}
    hidden, inner, bias = config["hidden_size"], config["intermediate_size"], config["mlp_bias"]

    def feed(layer: int) -> FeedForward:
        name = f"layers.{layer}.mlp."
        return FeedForward(
            Linear(name + "up_proj", hidden, inner, bias),
            Linear(name + "down_proj", inner, hidden, bias),
            activation(config, "hidden_act", "relu2"),
        )

    return decoders.encoder(config, bias=config["attention_bias"], feed=feed)


FAMILY = Family(
    model_type="arcee",
    describe=describe,
    classes=Classes("Arcee"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tiny={"arcee": Tiny({**decoders.GROUPED, "mlp_bias": True}, pooling="lasttoken")},
)
