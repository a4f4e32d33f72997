"""OLMoE (arXiv:2409.02060): norms over all heads at once, and experts in every layer."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Block, Encoder
from isomorph.encoders.families import llama, qwen2_moe
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 50_304,
    "hidden_size": 2048,
    "intermediate_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5,
    "clip_qkv": None,
    "num_experts_per_tok": 8,
    "num_experts": 64,
    "norm_topk_prob": False,
    "pad_token_id": 1,
}


def describe(config: Config) -> Encoder:
    """Experts have the names of Qwen's; nothing is clipped."""
    config = {**DEFAULTS, **qwen2_moe.renamed(config)}
    require(config, "clip_qkv", None, None)
    plain = decoders.encoder(
        config,
        bias=config["attention_bias"],
        feed=lambda layer: decoders.experts(
            config,
            f"layers.{layer}.",
            router="mlp.gate",
            inner=config["intermediate_size"],
            matrices=qwen2_moe.MATRICES,
        ),
    )
    blocks = (_normed(config, f"layers.{i}.", block) for i, block in enumerate(plain.blocks))
    return replace(plain, blocks=tuple(blocks))


def _normed(config: Config, name: str, block: Block) -> Block:
    part, attention = name + "self_attn.", block.attending
    attention = replace(
        attention,
        query_norm=decoders.norm(config, part + "q_norm", attention.query.outputs),
        key_norm=decoders.norm(config, part + "k_norm", attention.key.outputs),
    )
    return replace(block, attention=attention)


FAMILY = Family(
    model_type="olmoe",
    describe=describe,
    classes=Classes("Olmoe"),
    causal_lm=layouts.untied_lm,
    tiny={
        "olmoe": Tiny({**decoders.GROUPED, "num_experts": 5, "num_experts_per_tok": 2}, "lasttoken")
    },
)
