"""MPT (MosaicML 2023): pre-norm blocks without biases, whose scores fall with the distance."""

from __future__ import annotations

import math
from dataclasses import replace

from isomorph.encoders import gpt
from isomorph.encoders.config import Config, require, under
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
from isomorph.encoders.family import Tiny
from isomorph.encoders.relations import Alibi

NAMES = {
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "hidden_size": "d_model",
}
"""Other names that files have for options, and the ones that are read."""
DEFAULTS = {
    "vocab_size": 50_368,
    "d_model": 2048,
    "n_heads": 16,
    "n_layers": 24,
    "layer_norm_epsilon": 1e-5,
    "attn_config": None,
}
FARTHEST = 8
"""How far slopes fall, whatever ``alibi_bias_max`` says to transformers' class."""


def describe(config: Config) -> Encoder:
    """As transformers' class, which has no other positions, and no biases."""
    config = {**DEFAULTS, **under(config, NAMES)}
    require(config, "no_bias", True, True)
    require(config, "expansion_ratio", 4, 4)
    require(config, "is_causal", True, True)
    seen = {**(config["attn_config"] or {}), "model_type": "mpt"}
    require(seen, "alibi", True, True)
    require(seen, "alibi_bias_max", FARTHEST, FARTHEST)
    require(seen, "attn_type", "multihead_attention", "multihead_attention")
    for option in ("prefix_lm", "qk_ln", "attn_uses_sequence_id"):
        require(seen, option, False, False)
    hidden = config["d_model"]
    head_size(hidden, config["n_heads"])
    # Maximum sequence lengths change nothing: distances are counted from a text's end.
    alibi = Alibi(slopes(config["n_heads"]))
    names = [f"blocks.{index}." for index in range(config["n_layers"])]
    blocks = tuple(_block(config, seen, name, alibi) for name in names)
    words = Embeddings("wte.weight", config["vocab_size"], hidden)
    return Encoder("mpt", hidden, words, blocks, _norm(config, "norm_f"))


def slopes(heads: int) -> tuple[float, ...]:
    """Powers of two, evenly spaced down to 2 ** -8; of too many every other one, the second first."""
    count = 2 ** math.ceil(math.log2(heads))
    found = [2.0 ** (-FARTHEST * (index + 1) / count) for index in range(count)]
    if count != heads:
        found = [*found[1::2], *found[::2]][:heads]
    return tuple(found)


def _block(config: Config, seen: Config, name: str, alibi: Alibi) -> Block:
    hidden = config["d_model"]
    query, key, value = (
        Linear(name + "attn.Wqkv", hidden, hidden, False, (part * hidden, (part + 1) * hidden))
        for part in range(3)
    )
    attention = Attention(
        query,
        key,
        value,
        Linear(name + "attn.out_proj", hidden, hidden, bias=False),
        config["n_heads"],
        scale=seen.get("softmax_scale"),
        causal=True,
        relative=alibi,
        clip=seen.get("clip_qkv") or None,
    )
    feed_forward = FeedForward(
        Linear(name + "ffn.up_proj", hidden, 4 * hidden, bias=False),
        Linear(name + "ffn.down_proj", 4 * hidden, hidden, bias=False),
        "gelu",
    )
    before, after = (Norms(before=_norm(config, name + part)) for part in ("norm_1", "norm_2"))
    return Block(attention, before, feed_forward, after)


def _norm(config: Config, name: str) -> Norm:
    return Norm(name, config["d_model"], config["layer_norm_epsilon"], bias=False)


_SIZES = {"d_model": 30, "n_heads": 5, "n_layers": 2, "pad_token_id": 0}

FAMILY = replace(
    gpt.family(
        "mpt", "Mpt", describe, tiny={"mpt": Tiny(_SIZES, pooling="lasttoken", usual=False)}
    ),
    parts=("attn_config",),
)
