"""NeoBERT (Le Breton et al. 2025, arXiv:2502.19587): pre-norm, SwiGLU, pairs of neighbours turn.

transformers has no such class: tensors have the names of the published files, whose code is
``chandar-lab/NeoBERT``. Ports of that code turn other pairs, and have options of their own.
"""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, require
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Norms,
)
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import as_rotary, frequencies

DEFAULTS = {
    "vocab_size": 30_522,
    "hidden_size": 768,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_length": 1024,
    "norm_eps": 1e-6,
}
FIXED = {
    "rope": True,
    "rms_norm": True,
    "hidden_act": "SwiGLU",
    "ngpt": False,
    "embedding_rms_norm": False,
    "encoder_init_range": None,
}
"""Options with one value here; the last one is a port's."""


def describe(config: Config) -> Encoder:
    """The norm behind all blocks stands outside of them; there are no token types."""
    for option, value in FIXED.items():
        require(config, option, value, value)
    config = {**DEFAULTS, **config}
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    size = head_size(hidden, heads)
    require(config, "dim_head", size, size)
    angles = as_rotary(frequencies(10_000.0, size), longest=config["max_length"])
    turned = replace(angles, interleaved=True)
    layers = range(config["num_hidden_layers"])
    blocks = tuple(_block(config, f"transformer_encoder.{i}.", turned) for i in layers)
    words = Embeddings("encoder.weight", config["vocab_size"], hidden)
    return Encoder("neobert", hidden, words, blocks, _norm(config, "layer_norm"))


def _block(config: Config, name: str, turned: Rotary) -> Block:
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    size, inner = hidden // heads, _inner(config["intermediate_size"])
    query, key, value = (
        Linear(
            name + "qkv",
            hidden,
            hidden,
            bias=False,
            rows=(part * size, (part + 1) * size),
            every=3 * size,
        )
        for part in range(3)
    )
    output = Linear(name + "wo", hidden, hidden, bias=False)
    gate, up = (
        Linear(name + "ffn.w12", hidden, inner, bias=False, rows=(start, start + inner))
        for start in (0, inner)
    )
    feed_forward = FeedForward(up, Linear(name + "ffn.w3", inner, hidden, bias=False), "silu", gate)
    norms = [Norms(before=_norm(config, name + part)) for part in ("attention_norm", "ffn_norm")]
    attention = Attention(query, key, value, output, heads, rotary=turned)
    return Block(attention, norms[0], feed_forward, norms[1])


def _inner(given: int) -> int:
    """Two thirds as wide as the file says, rounded up to a multiple of 8."""
    return 8 * ((int(2 * given / 3) + 7) // 8)


def _norm(config: Config, name: str) -> Norm:
    return Norm(name, config["hidden_size"], config["norm_eps"], bias=False, kind="rms")


FAMILY = Family(
    model_type="neobert",
    describe=describe,
    classes=Classes("NeoBERT", "model."),
    tokenizer="BertTokenizer",
    published=("chandar-lab/NeoBERT--",),
    tiny={
        "neobert": Tiny(
            {
                "hidden_size": 32,
                "num_attention_heads": 4,
                "num_hidden_layers": 2,
                "intermediate_size": 48,
                "max_length": 64,
                "pad_token_id": 0,
            },
            usual=False,
        )
    },
)
