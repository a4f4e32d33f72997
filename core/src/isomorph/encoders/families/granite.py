"""Granite: Llama's layout with factors for words, attention and what each layer adds."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import CausalLM

DEFAULTS = {
    **llama.DEFAULTS,
    "embedding_multiplier": 1.0,
    "residual_multiplier": 1.0,
    "attention_multiplier": 1.0,
}


def describe(config: Config) -> Encoder:
    """The factor of attention stands in place of the usual scale, not beside it."""
    config = {**DEFAULTS, **config}
    plain = decoders.encoder(config, bias=config["attention_bias"])
    words = replace(plain.embeddings, scale=float(config["embedding_multiplier"]))
    return replace(
        plain, embeddings=words, blocks=tuple(_scaled(config, block) for block in plain.blocks)
    )


def _scaled(config: Config, block: Block) -> Block:
    added = float(config["residual_multiplier"])
    return replace(
        block,
        attention=replace(block.attending, scale=float(config["attention_multiplier"])),
        attention_norms=replace(block.attention_norms, factor=added),
        feed_forward_norms=replace(block.feed_forward_norms, factor=added),
    )


def _causal_lm(config: Config) -> CausalLM:
    """Scores of words are divided by a factor."""
    return replace(layouts.untied_lm(config), scale=1.0 / float(config.get("logits_scaling", 1.0)))


FAMILY = Family(
    model_type="granite",
    describe=describe,
    classes=Classes("Granite"),
    causal_lm=_causal_lm,
    tiny={
        "granite": Tiny(
            {
                **decoders.GROUPED,
                "embedding_multiplier": 12.0,
                "residual_multiplier": 0.22,
                "attention_multiplier": 0.3,
                "logits_scaling": 8.0,
            },
            pooling="lasttoken",
        ),
    },
)
