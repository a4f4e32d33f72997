"""T5 (Raffel et al. 2020, arXiv:1910.10683), mT5 and UMT5: pre-norm, biased by distance.

Vectors are the encoder's; a classifier reads the decoder, which gets the text itself.
"""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, activation, require, token
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
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier
from isomorph.encoders.rare import CrossBlock, Decoder
from isomorph.encoders.relations import RelativeBias
from isomorph.errors import BadModel

OLD = {"num_heads": 8, "num_layers": 6, "d_ff": 2048, "feed_forward_proj": "relu"}
NEW = {"num_heads": 6, "num_layers": 8, "d_ff": 1024, "feed_forward_proj": "gated-gelu"}
COMMON = {"d_model": 512, "d_kv": 64, "pad_token_id": 0, "eos_token_id": 1}
DEFAULTS = {
    "t5": {**OLD, **COMMON, "vocab_size": 32128},
    "mt5": {**NEW, **COMMON, "vocab_size": 250112},
    "umt5": {**NEW, **COMMON, "vocab_size": 250112},
}


def describe(config: Config) -> Encoder:
    """All blocks share the first one's bias of distances; UMT5's have one each."""
    require(config, "is_decoder", False, False)
    model_type = str(config["model_type"])
    config = {**DEFAULTS[model_type], **config}
    hidden, own = config["d_model"], model_type == "umt5"
    embeddings = Embeddings(
        "shared.weight",
        config["vocab_size"],
        hidden,
        also=("encoder.embed_tokens.weight",),
        own="encoder.embed_tokens.weight",
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
    attention = _attention(config, name + "0.SelfAttention.", hidden)
    if own:
        attention = replace(attention, relative=_relative(config, name))
    feed_forward = _feed_forward(config, name + "1.DenseReluDense.", hidden)
    norms = [Norms(_norm(config, f"{name}{index}.layer_norm", hidden)) for index in range(2)]
    return Block(attention, norms[0], feed_forward, norms[1])


def classified(config: Config) -> Encoder:
    """As transformers' class computes it: the decoder gets the text, moved behind its first token.

    Raises:
        Unsupported: no token is the first one.
    """
    half = describe(config)
    config = {**DEFAULTS[half.family], **config}
    default = None if half.family == "t5" else 0
    start = token(config, "decoder_start_token_id", default)
    own, hidden = half.family == "umt5", half.hidden
    count = config.get("num_decoder_layers")
    names = [
        f"decoder.block.{i}.layer." for i in range(config["num_layers"] if count is None else count)
    ]
    decoder = Decoder(
        replace(half.embeddings, own="decoder.embed_tokens.weight"),
        tuple(_cross_block(config, name, hidden, own) for name in names),
        start,
        config["pad_token_id"],
        _norm(config, "decoder.final_layer_norm", hidden),
        None if own else _backwards(config, "decoder.block.0.layer."),
    )
    return replace(half, decoder=decoder)


def _cross_block(config: Config, name: str, hidden: int, own: bool) -> CrossBlock:
    attention = replace(_attention(config, name + "0.SelfAttention.", hidden), causal=True)
    if own:
        attention = replace(attention, relative=_backwards(config, name))
    norms = [Norms(_norm(config, f"{name}{index}.layer_norm", hidden)) for index in range(3)]
    return CrossBlock(
        attention,
        norms[0],
        _attention(config, name + "1.EncDecAttention.", hidden),
        norms[1],
        _feed_forward(config, name + "2.DenseReluDense.", hidden),
        norms[2],
    )


def _attention(config: Config, part: str, hidden: int) -> Attention:
    wide = config["num_heads"] * config["d_kv"]
    query, key, value = (Linear(part + letter, hidden, wide, bias=False) for letter in "qkv")
    output = Linear(part + "o", wide, hidden, bias=False)
    return Attention(query, key, value, output, config["num_heads"], scale=1.0)


def _feed_forward(config: Config, part: str, hidden: int) -> FeedForward:
    (gated, kind), inner = _activation(config), config["d_ff"]
    return FeedForward(
        Linear(part + ("wi_1" if gated else "wi"), hidden, inner, bias=False),
        Linear(part + "wo", inner, hidden, bias=False),
        kind,
        Linear(part + "wi_0", hidden, inner, bias=False) if gated else None,
    )


def classifier(config: Config, hidden: int) -> Classifier:
    """The state at a text's last end token."""
    config = {**DEFAULTS[str(config["model_type"])], **config}
    end = token(config, "eos_token_id", None)
    square, output = "classification_head.dense", "classification_head.out_proj"
    plain = layouts.first_position(config, hidden, square, "tanh", output)
    return replace(plain, reads="end", end_id=end)


def _activation(config: Config) -> tuple[bool, str]:
    """Whether there is a gate, and the activation: ``gated-gelu`` approximates, ``gelu`` does not.

    transformers writes both beside the option that says both, and follows what it wrote.
    """
    option, written = "feed_forward_proj", "dense_act_fn"
    gate, _, name = config[option].rpartition("-")
    require({**config, option: gate}, option, "", "", "gated")
    if gate and name == "gelu":
        name = "gelu_new"
    gated = config.get("is_gated_act", bool(gate))
    if written in config:
        return gated, activation(config, written, name)
    return gated, activation({**config, option: name}, option, name)


def _relative(config: Config, name: str) -> RelativeBias:
    table = name + "0.SelfAttention.relative_attention_bias.weight"
    buckets = config.get("relative_attention_num_buckets", 32)
    farthest = config.get("relative_attention_max_distance", 128)
    if farthest <= buckets // 4:  # so many distances have a bucket each
        raise BadModel(
            f"config.json sets relative_attention_max_distance={farthest}, too near for {buckets} buckets."
        )
    return RelativeBias(table, buckets, config["num_heads"], farthest)


def _backwards(config: Config, name: str) -> RelativeBias:
    """Of a decoder, whose distances all go backwards.

    Raises:
        BadModel: the farthest one has a bucket of its own.
    """
    bias = replace(_relative(config, name), backwards=True)
    if bias.max_distance <= bias.buckets // 2:
        raise BadModel(
            f"config.json sets relative_attention_max_distance={bias.max_distance}, too near for the "
            f"{bias.buckets} buckets of a decoder."
        )
    return bias


def _norm(config: Config, name: str, size: int) -> Norm:
    return Norm(name, size, config.get("layer_norm_epsilon", 1e-6), bias=False, kind="rms")


_SIZES = {"d_model": 32, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 4}
_TINY = Tiny(
    {**_SIZES, "pad_token_id": 0, "eos_token_id": 3, "decoder_start_token_id": 0}, usual=False
)

T5 = Family(
    model_type="t5",
    describe=describe,
    classes=Classes("T5", "transformer."),
    classifier=classifier,
    classified=classified,
    misread=lambda _: (
        "transformers' class refuses batches of texts with different numbers of end tokens"
    ),
    tokenizer="T5Tokenizer",
    encoder_alone=True,
    tiny={"t5": _TINY},
)
FAMILY = T5
MT5 = replace(T5, model_type="mt5", classes=Classes("MT5", "transformer."), tiny={"mt5": _TINY})
UMT5 = replace(
    T5,
    model_type="umt5",
    classes=Classes("UMT5", "transformer."),
    tokenizer="",
    tiny={"umt5": _TINY},
)
