"""OLMo (arXiv:2402.00838): Llama's layout with norms that have no weights."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder, Norm, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {**llama.DEFAULTS, "vocab_size": 50_304, "pad_token_id": 1, "clip_qkv": None}


def describe(config: Config) -> Encoder:
    """``clip_qkv`` bounds what queries, keys and values may be."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    plain = decoders.encoder(config, bias=config["attention_bias"])
    norm = Norm("", config["hidden_size"], 1e-5, learned=False)
    blocks = tuple(_bare(block, norm, config["clip_qkv"]) for block in plain.blocks)
    return replace(plain, blocks=blocks, final_norm=norm)


def _bare(block: Block, norm: Norm, clip: float | None) -> Block:
    before = Norms(before=norm)
    attention = replace(block.attending, clip=clip)
    return Block(attention, before, block.feed_forward, before)


FAMILY = Family(
    model_type="olmo",
    describe=describe,
    classes=Classes("Olmo"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.untied_lm,
    tokenizer="GPTNeoXTokenizer",
    tiny={"olmo": Tiny({**decoders.GROUPED, "clip_qkv": 0.7}, pooling="lasttoken")},
)
