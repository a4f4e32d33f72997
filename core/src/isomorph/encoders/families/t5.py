"""Encoders of T5 (Raffel et al. 2020, arXiv:1910.10683), mT5 and UMT5: pre-norm, biased by distance."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Norms,
    RelativeBias,
)
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.errors import BadModel

OLD = {"num_heads": 8, "num_layers": 6, "d_ff": 2048, "feed_forward_proj": "relu"}
NEW = {"num_heads": 6, "num_layers": 8, "d_ff": 1024, "feed_forward_proj": "gated-gelu"}
DEFAULTS = {
    "t5": {**OLD, "vocab_size": 32128},
    "mt5": {**NEW, "vocab_size": 250112},
    "umt5": {**NEW, "vocab_size": 250112},
}


def describe(config: Config) -> Encoder:
    """All blocks share the first one's bias of distances; UMT5's have one each."""
    require(config, "is_decoder", False, False)
    model_type = str(config["model_type"])
    config = {**DEFAULTS[model_type], **config}
    hidden, own = config.get("d_model", 512), model_type == "umt5"
    embeddings = Embeddings(
        "shared.weight", config["vocab_size"], hidden, also=("encoder.embed_tokens.weight",)
    )
    names = [f"encoder.block.{i}.layer." for i in range(config["num_layers"])]
    return Encoder(
        model_type,
        hidden,
        embeddings,
        tuple(_block(config, name, hidden, own) for name in names),
        _norm(config, "encoder.final_layer_norm", hidden),
        None if own else _relative(config, "encoder.block.0.layer."),
    )


def _block(config: Config, name: str, hidden: int, own: bool) -> Block:
    """`own`: the block has a bias of distances of its own."""
    heads, inner, part = config["num_heads"], config["d_ff"], name + "0.SelfAttention."
    wide = heads * config.get("d_kv", 64)
    query, key, value = (Linear(part + letter, hidden, wide, bias=False) for letter in "qkv")
    attention = Attention(
        query,
        key,
        value,
        Linear(part + "o", wide, hidden, bias=False),
        heads,
        scale=1.0,
        relative=_relative(config, name) if own else None,
    )
    part = name + "1.DenseReluDense."
    gated, kind = _activation(config)
    feed_forward = FeedForward(
        Linear(part + ("wi_1" if gated else "wi"), hidden, inner, bias=False),
        Linear(part + "wo", inner, hidden, bias=False),
        kind,
        Linear(part + "wi_0", hidden, inner, bias=False) if gated else None,
    )
    norms = [Norms(_norm(config, f"{name}{index}.layer_norm", hidden)) for index in range(2)]
    return Block(attention, norms[0], feed_forward, norms[1])


def _activation(config: Config) -> tuple[bool, str]:
    """Whether there is a gate, and the activation: ``gated-gelu`` approximates, ``gelu`` does not."""
    option = "feed_forward_proj"
    gate, _, name = config[option].rpartition("-")
    require({**config, option: gate}, option, "", "", "gated")
    if gate and name == "gelu":
        name = "gelu_new"
    return bool(gate), activation({**config, option: name}, option, name)


def _relative(config: Config, name: str) -> RelativeBias:
    table = name + "0.SelfAttention.relative_attention_bias.weight"
    buckets = config.get("relative_attention_num_buckets", 32)
    farthest = config.get("relative_attention_max_distance", 128)
    if farthest <= buckets // 4:  # so many distances have a bucket each
        raise BadModel(
            f"config.json sets relative_attention_max_distance={farthest}, too near for {buckets} buckets."
        )
    return RelativeBias(table, buckets, config["num_heads"], farthest)


def _norm(config: Config, name: str, size: int) -> Norm:
    return Norm(name, size, config.get("layer_norm_epsilon", 1e-6), bias=False, kind="rms")


_SIZES = {"d_model": 32, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 4}
_TINY = Tiny({**_SIZES, "pad_token_id": 0}, usual=False)

T5 = Family(
    model_type="t5",
    describe=describe,
    classes=Classes("T5", ""),
    tokenizer="T5Tokenizer",
    encoder_alone=True,
    tiny={"t5": _TINY},
)
FAMILY = T5
MT5 = replace(T5, model_type="mt5", classes=Classes("MT5", ""), tiny={"mt5": _TINY})
UMT5 = replace(
    T5, model_type="umt5", classes=Classes("UMT5", ""), tokenizer="", tiny={"umt5": _TINY}
)
