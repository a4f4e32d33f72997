"""Nemotron (arXiv:2402.16819): Llama's layout with squared activations and no gates, norms around zero."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, activation
from isomorph.encoders.description import Block, Encoder, FeedForward, Linear, Norm, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 256_000,
    "hidden_size": 6144,
    "intermediate_size": 24_576,
    "num_attention_heads": 48,
    "hidden_act": "relu2",
    "max_position_embeddings": 4096,
    "norm_eps": 1e-5,
    "partial_rotary_factor": 0.5,
}


def describe(config: Config) -> Encoder:
    """The file holds the weights of norms less 1."""
    config = {**DEFAULTS, **config}
    turned = rotary(parameters_of(config), decoders.head_size(config), partial=True)
    blocks = []
    for i in range(config["num_hidden_layers"]):
        name = f"layers.{i}."
        norms = [
            Norms(before=_norm(config, f"{name}{part}_layernorm"))
            for part in ("input", "post_attention")
        ]
        attention = decoders.attention(config, name, turned, config["attention_bias"])
        blocks.append(Block(attention, norms[0], _feed_forward(config, name + "mlp."), norms[1]))
    return decoders.of_blocks(config, blocks, _norm(config, "norm"))


def _feed_forward(config: Config, name: str) -> FeedForward:
    hidden, inner, bias = config["hidden_size"], config["intermediate_size"], config["mlp_bias"]
    return FeedForward(
        Linear(name + "up_proj", hidden, inner, bias),
        Linear(name + "down_proj", inner, hidden, bias),
        activation(config, "hidden_act", "relu2"),
    )


def _norm(config: Config, name: str) -> Norm:
    return Norm(name, config["hidden_size"], config["norm_eps"], plus_one=True)


FAMILY = Family(
    model_type="nemotron",
    describe=describe,
    classes=Classes("Nemotron"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tiny={"nemotron": Tiny({**decoders.GROUPED, "mlp_bias": True}, pooling="lasttoken")},
)
