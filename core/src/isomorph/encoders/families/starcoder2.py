"""StarCoder 2 (arXiv:2402.19173): pre-norm blocks with biases and without gates, over grouped heads."""

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
    "vocab_size": 49_152,
    "hidden_size": 3072,
    "intermediate_size": 12_288,
    "num_hidden_layers": 30,
    "num_attention_heads": 24,
    "num_key_value_heads": 2,
    "hidden_act": "gelu_pytorch_tanh",
    "max_position_embeddings": 4096,
    "norm_epsilon": 1e-5,
    "sliding_window": None,
    "use_bias": True,
}


def describe(config: Config) -> Encoder:
    """``use_bias`` is that of all projections; norms have one always."""
    config = {**DEFAULTS, **config}
    turned = rotary(parameters_of(config), decoders.head_size(config))
    seen = decoders.window(config, config["sliding_window"])
    blocks = []
    for i in range(config["num_hidden_layers"]):
        name = f"layers.{i}."
        attention = decoders.attention(config, name, turned, config["use_bias"], seen=seen)
        norms = [
            Norms(before=_norm(config, f"{name}{part}_layernorm"))
            for part in ("input", "post_attention")
        ]
        blocks.append(Block(attention, norms[0], _feed_forward(config, name + "mlp."), norms[1]))
    return decoders.of_blocks(config, blocks, _norm(config, "norm"))


def _feed_forward(config: Config, name: str) -> FeedForward:
    hidden, inner, bias = config["hidden_size"], config["intermediate_size"], config["use_bias"]
    return FeedForward(
        Linear(name + "c_fc", hidden, inner, bias),
        Linear(name + "c_proj", inner, hidden, bias),
        activation(config, "hidden_act", "gelu_pytorch_tanh"),
    )


def _norm(config: Config, name: str) -> Norm:
    return Norm(name, config["hidden_size"], config["norm_epsilon"])


FAMILY = Family(
    model_type="starcoder2",
    describe=describe,
    classes=Classes("Starcoder2"),
    classifier=layouts.last_token,
    causal_lm=layouts.tied_lm,
    tokenizer="GPT2Tokenizer",
    tiny={"starcoder2": Tiny({**decoders.GROUPED, "sliding_window": 5}, pooling="lasttoken")},
)
