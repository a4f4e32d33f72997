"""OLMo 2 (arXiv:2501.00656): norms behind layers, and over all heads of queries and keys at once."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 50_304,
    "rms_norm_eps": 1e-5,
    "pad_token_id": 1,
}


def describe(config: Config) -> Encoder:
    """What a layer adds is normalised, what it reads is not; of the gates none has a bias."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    plain = decoders.encoder(config, bias=config["attention_bias"])
    blocks = tuple(_behind(config, f"layers.{i}.", block) for i, block in enumerate(plain.blocks))
    return replace(plain, blocks=blocks)


def _behind(config: Config, name: str, block: Block) -> Block:
    part, attention = name + "self_attn.", block.attending
    return Block(
        replace(
            attention,
            query_norm=decoders.norm(config, part + "q_norm", attention.query.outputs),
            key_norm=decoders.norm(config, part + "k_norm", attention.key.outputs),
        ),
        Norms(inner=decoders.norm(config, name + "post_attention_layernorm")),
        block.feed_forward,
        Norms(inner=decoders.norm(config, name + "post_feedforward_layernorm")),
    )


FAMILY = Family(
    model_type="olmo2",
    describe=describe,
    classes=Classes("Olmo2"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.untied_lm,
    tiny={"olmo2": Tiny({**decoders.GROUPED, "attention_bias": True}, pooling="lasttoken")},
)
