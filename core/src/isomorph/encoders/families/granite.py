"""Granite: Llama's layout with factors for words, attention and what each layer adds; also with experts."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, activation
from isomorph.encoders.description import Block, Encoder, Linear
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import CausalLM
from isomorph.encoders.rare import Experts, Matrices

DEFAULTS = {
    **llama.DEFAULTS,
    "embedding_multiplier": 1.0,
    "residual_multiplier": 1.0,
    "attention_multiplier": 1.0,
}


EXPERTS = {**llama.DEFAULTS, "num_local_experts": 8, "num_experts_per_tok": 2}


def describe(config: Config) -> Encoder:
    """The factor of attention stands in place of the usual scale, not beside it."""
    config = {**DEFAULTS, **config}
    plain = decoders.encoder(config, bias=config["attention_bias"])
    words = replace(plain.embeddings, scale=float(config["embedding_multiplier"]))
    return replace(
        plain, embeddings=words, blocks=tuple(_scaled(config, block) for block in plain.blocks)
    )


def _with_experts(config: Config) -> Encoder:
    """Every layer has experts; the shares of those that are asked have a sum of 1."""
    config = {**EXPERTS, **config}
    plain = describe({"vocab_size": 32_000, **config})
    blocks = (
        replace(block, feed_forward=_experts(config, f"layers.{index}.block_sparse_moe."))
        for index, block in enumerate(plain.blocks)
    )
    return replace(plain, blocks=tuple(blocks))


def _experts(config: Config, name: str) -> Experts:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    count, packed = config["num_local_experts"], name + "input_linear.weight"
    return Experts(
        Linear(name + "router.layer", hidden, count, bias=False),
        count,
        config["num_experts_per_tok"],
        Matrices(packed, hidden, inner, stacked=(inner, 2 * inner)),
        Matrices(name + "output_linear.weight", inner, hidden, stacked=(0, hidden)),
        activation(config, "hidden_act", "silu"),
        gate=Matrices(packed, hidden, inner, stacked=(0, 2 * inner)),
        normalized=True,
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


_TINY = {
    **decoders.GROUPED,
    "embedding_multiplier": 12.0,
    "residual_multiplier": 0.22,
    "attention_multiplier": 0.3,
    "logits_scaling": 8.0,
}
GRANITE = Family(
    model_type="granite",
    describe=describe,
    classes=Classes("Granite"),
    causal_lm=_causal_lm,
    tiny={"granite": Tiny(_TINY, pooling="lasttoken")},
)
FAMILY = GRANITE
GRANITEMOE = replace(
    GRANITE,
    model_type="granitemoe",
    describe=_with_experts,
    classes=Classes("GraniteMoe"),
    tiny={"granitemoe": Tiny({**_TINY, "num_local_experts": 5}, pooling="lasttoken")},
)
