"""Command R of Cohere, both generations: attention beside feed-forward, neighbours turn as pairs."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Block, Encoder, Norm, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import CausalLM
from isomorph.encoders.rotary import parameters_of, rotary
from isomorph.errors import BadModel

LOCAL, GLOBAL = "sliding_attention", "full_attention"
DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 256_000,
    "hidden_size": 8192,
    "intermediate_size": 22_528,
    "num_hidden_layers": 40,
    "num_attention_heads": 64,
    "max_position_embeddings": 8192,
    "layer_norm_eps": 1e-5,
    "pad_token_id": 0,
}
DEFAULTS_2 = {**DEFAULTS, "sliding_window": 4096, "layer_types": None, "sliding_window_pattern": 4}


def describe(config: Config) -> Encoder:
    """The first generation: every layer sees all before it, and turns."""
    config = {**DEFAULTS, "rope_theta": 500_000.0, **config, "mlp_bias": False}
    require(config, "use_qk_norm", False, False, None)
    return _encoder(config, [(True, None)] * config["num_hidden_layers"])


def describe_2(config: Config) -> Encoder:
    """The second one: layers with a window turn, and those that see everything know no positions."""
    config = {**DEFAULTS_2, **config, "mlp_bias": False}
    kinds, size = config["layer_types"], config["sliding_window"]
    if kinds is None:
        every = config["sliding_window_pattern"]
        layers = range(1, config["num_hidden_layers"] + 1)
        kinds = [LOCAL if i % every else GLOBAL for i in layers]
    if size is None and LOCAL in kinds:
        raise BadModel("config.json sets sliding_window=null, but local layers have a window.")
    return _encoder(
        config, decoders.by_layer(config, kinds, {LOCAL: (True, size), GLOBAL: (False, None)})
    )


def _encoder(config: Config, layers: list[tuple[bool, int | None]]) -> Encoder:
    """From whether each layer turns, and its window."""
    turned = rotary(parameters_of(config), decoders.head_size(config), interleaved=True)
    blocks = []
    for i, (turns, window) in enumerate(layers):
        name, seen = f"layers.{i}.", decoders.window(config, window)
        angles, bias = turned if turns else None, config["attention_bias"]
        attention = decoders.attention(config, name, angles, bias, seen=seen)
        feed_forward = decoders.feed_forward(config, name, "hidden_act")
        before = Norms(before=_norm(config, name + "input_layernorm"))
        blocks.append(Block(attention, before, feed_forward, before, parallel=True))
    return decoders.of_blocks(config, blocks, _norm(config, "norm"))


def _norm(config: Config, name: str) -> Norm:
    return Norm(name, config["hidden_size"], config["layer_norm_eps"], bias=False)


def _causal_lm(config: Config) -> CausalLM:
    scale = config.get("logit_scale", 0.0625)
    if scale is None:
        raise BadModel("config.json sets logit_scale=null, so that there are no scores of words.")
    return replace(layouts.tied_lm(config), scale=float(scale))


FAMILY = Family(
    model_type="cohere",
    describe=describe,
    classes=Classes("Cohere"),
    causal_lm=_causal_lm,
    tokenizer="CohereTokenizer",
    tiny={
        "cohere": Tiny(
            {**decoders.GROUPED, "logit_scale": 0.25, "attention_bias": True},
            pooling="lasttoken",
        )
    },
)
COHERE2 = Family(
    model_type="cohere2",
    describe=describe_2,
    classes=Classes("Cohere2"),
    causal_lm=_causal_lm,
    tokenizer="CohereTokenizer",
    tiny={
        "cohere2": Tiny(
            {**decoders.GROUPED, "sliding_window": 5, "layer_types": [LOCAL, GLOBAL]},
            pooling="lasttoken",
        )
    },
)
