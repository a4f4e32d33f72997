"""Phi (arXiv:2309.05463): attention beside feed-forward, a part of each head turns, biases everywhere."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, activation
from isomorph.encoders.description import Block, Encoder, FeedForward, Linear, Norm, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import CausalLM
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 51_200,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 24,
    "hidden_act": "gelu_new",
    "layer_norm_eps": 1e-5,
    "partial_rotary_factor": 0.5,
    "qk_layernorm": False,
}


def describe(config: Config) -> Encoder:
    """One norm stands in front of both halves of a layer."""
    config = {**DEFAULTS, **config}
    turned = rotary(parameters_of(config), decoders.head_size(config), partial=True)
    layers = range(config["num_hidden_layers"])
    blocks = [_block(config, f"layers.{i}.", turned) for i in layers]
    return decoders.of_blocks(config, blocks, _norm(config, "final_layernorm"))


def _block(config: Config, name: str, turned: Rotary) -> Block:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    attention = decoders.attention(config, name, turned, bias=True)
    part = name + "self_attn."
    attention = replace(attention, output=replace(attention.output, name=part + "dense"))
    if config["qk_layernorm"]:
        size = decoders.head_size(config)
        attention = replace(
            attention,
            query_norm=_norm(config, part + "q_layernorm", size),
            key_norm=_norm(config, part + "k_layernorm", size),
        )
    feed_forward = FeedForward(
        Linear(name + "mlp.fc1", hidden, inner),
        Linear(name + "mlp.fc2", inner, hidden),
        activation(config, "hidden_act", "gelu_new"),
    )
    before = Norms(before=_norm(config, name + "input_layernorm"))
    return Block(attention, before, feed_forward, before, parallel=True)


def _norm(config: Config, name: str, size: int | None = None) -> Norm:
    return Norm(name, size or config["hidden_size"], config["layer_norm_eps"])


def _causal_lm(config: Config) -> CausalLM:
    return replace(layouts.untied_lm(config), bias="lm_head.bias")


FAMILY = Family(
    model_type="phi",
    describe=describe,
    classes=Classes("Phi"),
    classifier=layouts.last_token,
    causal_lm=_causal_lm,
    tokenizer="GPT2Tokenizer",
    tiny={"phi": Tiny({**decoders.GROUPED, "qk_layernorm": True}, pooling="lasttoken")},
)
