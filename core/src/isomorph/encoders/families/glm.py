"""GLM-4 (arXiv:2406.12793), both layouts: Llama's with packed gates; half of a head turns, in neighbours."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 151_552,
    "intermediate_size": 13_696,
    "num_hidden_layers": 40,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "max_position_embeddings": 131_072,
    "rms_norm_eps": 1.5625e-7,
    "attention_bias": True,
    "partial_rotary_factor": 0.5,
    "pad_token_id": 151_329,
}


def describe(config: Config) -> Encoder:
    """The older layout, whose blocks have two norms."""
    config = {**DEFAULTS, **config}
    size = decoders.head_size(config)
    return decoders.encoder(
        config,
        bias=config["attention_bias"],
        output_bias=False,
        feed=lambda layer: decoders.packed_feed_forward(config, f"layers.{layer}."),
        turned=rotary(parameters_of(config), size, partial=True, interleaved=True),
    )


def describe_4(config: Config) -> Encoder:
    """The newer layout: what a half of a layer adds is normalised too."""
    config = {**DEFAULTS, **config}
    plain = describe(config)
    blocks = (_behind(config, f"layers.{i}.", block) for i, block in enumerate(plain.blocks))
    return replace(plain, blocks=tuple(blocks))


def _behind(config: Config, name: str, block: Block) -> Block:
    def also(norms: Norms, part: str) -> Norms:
        return replace(norms, inner=decoders.norm(config, f"{name}post_{part}_layernorm"))

    return replace(
        block,
        attention_norms=also(block.attention_norms, "self_attn"),
        feed_forward_norms=also(block.feed_forward_norms, "mlp"),
    )


_TINY = {**decoders.GROUPED, "head_dim": 12}

FAMILY = Family(
    model_type="glm",
    describe=describe,
    classes=Classes("Glm"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.untied_lm,
    tiny={"glm": Tiny(_TINY, pooling="lasttoken")},
)
GLM4 = Family(
    model_type="glm4",
    describe=describe_4,
    classes=Classes("Glm4"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.untied_lm,
    tiny={"glm4": Tiny(_TINY, pooling="lasttoken")},
)
