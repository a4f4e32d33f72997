"""ModernBERT (Warner et al. 2024, arXiv:2412.13663): pre-norm, gated, global and local attention."""

from __future__ import annotations

from typing import Any

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.consistency import head_size
from isomorph.encoders.decoders import by_layer
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
from isomorph.encoders.heads.description import Classifier, MaskedLM, Transform
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import complete, rotary

KINDS = {"full_attention": ("global", 160_000.0), "sliding_attention": ("local", 10_000.0)}
"""Kinds of layers: the older name of each, and its base of rotary positions."""


def describe(config: Config) -> Encoder:
    """The first block has no norm before its attention: the embeddings are normalised."""
    hidden = config.get("hidden_size", 768)
    embeddings = Embeddings(
        "embeddings.tok_embeddings.weight",
        config.get("vocab_size", 50368),
        hidden,
        norm=norm(config, "embeddings.norm", hidden),
    )
    turned = {kind: angles(config, kind, hidden) for kind in set(kinds(config))}
    blocks = tuple(
        _block(config, index, kind, turned[kind], hidden)
        for index, kind in enumerate(kinds(config))
    )
    return Encoder("modernbert", hidden, embeddings, blocks, norm(config, "final_norm", hidden))


def kinds(config: Config) -> list[str]:
    """The kind of each layer; older files say how often a global one comes."""
    layers, every = config.get("num_hidden_layers", 22), config.get("global_attn_every_n_layers", 3)
    default = ["sliding_attention" if i % every else "full_attention" for i in range(layers)]
    given = {**config, "num_hidden_layers": layers}, config.get("layer_types") or default
    return by_layer(*given, {kind: kind for kind in KINDS})


def angles(config: Config, kind: str, hidden: int) -> Rotary:
    """The rotary positions of a kind of layer."""
    size = head_size(hidden, config.get("num_attention_heads", 12))
    require(config, "head_dim", None, None, size)
    older, theta = KINDS[kind]
    own: dict[str, Any] = {"rope_type": "default"}
    own = dict((config.get("rope_parameters") or {}).get(kind) or own)
    own.update(config.get("rope_scaling") or {})
    own.setdefault("rope_theta", config.get(f"{older}_rope_theta", theta))
    return rotary(complete(config, own), size, "default", "linear")


def _block(config: Config, index: int, kind: str, turned: Rotary, hidden: int) -> Block:
    name, inner = f"layers.{index}.", config.get("intermediate_size", 1152)
    bias, wide = config.get("attention_bias", False), config.get("mlp_bias", False)
    query, key, value = (
        Linear(name + "attn.Wqkv", hidden, hidden, bias, (part * hidden, (part + 1) * hidden))
        for part in range(3)
    )
    attention = Attention(
        query,
        key,
        value,
        Linear(name + "attn.Wo", hidden, hidden, bias),
        config.get("num_attention_heads", 12),
        rotary=turned,
        window=config.get("local_attention", 128) // 2 if kind == "sliding_attention" else None,
    )
    feed_forward = FeedForward(
        Linear(name + "mlp.Wi", hidden, inner, wide, (inner, 2 * inner)),
        Linear(name + "mlp.Wo", inner, hidden, wide),
        activation(config, "hidden_activation", "gelu"),
        Linear(name + "mlp.Wi", hidden, inner, wide, (0, inner)),
    )
    before = norm(config, name + "attn_norm", hidden) if index else None
    after = norm(config, name + "mlp_norm", hidden)
    return Block(attention, Norms(before), feed_forward, Norms(after))


def norm(config: Config, name: str, size: int) -> Norm:
    """A norm with the bias that the file asks for."""
    return Norm(name, size, config.get("norm_eps", 1e-5), config.get("norm_bias", False))


def _transform(config: Config, hidden: int) -> Transform:
    """What the classifier and the masked language model have in common."""
    dense = Linear("head.dense", hidden, hidden, config.get("classifier_bias", False))
    return Transform(
        dense,
        activation(config, "classifier_activation", "gelu"),
        norm(config, "head.norm", hidden),
    )


def _classifier(config: Config, hidden: int) -> Classifier:
    reads = require(config, "classifier_pooling", "cls", "cls", "mean")
    return Classifier(
        Linear("classifier", hidden, layouts.labels(config)),
        "mean" if reads == "mean" else "first",
        (_transform(config, hidden),),
    )


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    transform = _transform(config, encoder.hidden)
    return layouts.one_bias(config, transform, "decoder", config.get("decoder_bias", True))


FAMILY = Family(
    model_type="modernbert",
    describe=describe,
    classes=Classes("ModernBert"),
    classifier=_classifier,
    masked_lm=_masked_lm,
    unpadded="columns",
    tiny={"modernbert": Tiny({"global_attn_every_n_layers": 2, "local_attention": 6})},
)
