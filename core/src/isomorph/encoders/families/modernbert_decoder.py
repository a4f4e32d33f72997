"""ModernBERT as a decoder (Weller et al. 2025, arXiv:2507.11412): its layout with separate projections."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norms,
)
from isomorph.encoders.families import modernbert
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import CausalLM, Classifier, Transform
from isomorph.encoders.relations import Rotary

DEFAULTS = {
    "vocab_size": 50_368,
    "hidden_size": 768,
    "intermediate_size": 1152,
    "num_attention_heads": 12,
    "local_attention": 128,
    "pad_token_id": 50_283,
    "is_causal": True,
    "attention_bias": False,
    "mlp_bias": False,
}


def describe(config: Config) -> Encoder:
    """The first block has no norm before its attention: the embeddings are normalised."""
    config = {**DEFAULTS, **config}
    require(config, "is_causal", True, True)
    hidden, kinds = config["hidden_size"], modernbert.kinds(config)
    turned = {kind: modernbert.angles(config, kind, hidden) for kind in set(kinds)}
    blocks = tuple(_block(config, i, kind, turned[kind]) for i, kind in enumerate(kinds))
    words = Embeddings(
        "embeddings.tok_embeddings.weight",
        config["vocab_size"],
        hidden,
        norm=modernbert.norm(config, "embeddings.norm", hidden),
    )
    final = modernbert.norm(config, "final_norm", hidden)
    return Encoder("modernbert-decoder", hidden, words, blocks, final)


def _block(config: Config, index: int, kind: str, turned: Rotary) -> Block:
    """A window is half as wide as the file says, and looks back only."""
    name, hidden, inner = f"layers.{index}.", config["hidden_size"], config["intermediate_size"]
    bias, wide = config["attention_bias"], config["mlp_bias"]
    size = config["local_attention"] // 2 if kind == "sliding_attention" else None
    query, key, value = (
        Linear(f"{name}attn.{part}_proj", hidden, hidden, bias) for part in ("q", "k", "v")
    )
    attention = Attention(
        query,
        key,
        value,
        Linear(name + "attn.Wo", hidden, hidden, bias),
        config["num_attention_heads"],
        rotary=turned,
        causal=True,
        window=decoders.window(config, size),
    )
    feed_forward = FeedForward(
        Linear(name + "mlp.Wi", hidden, inner, wide, (inner, 2 * inner)),
        Linear(name + "mlp.Wo", inner, hidden, wide),
        activation(config, "hidden_activation", "gelu"),
        Linear(name + "mlp.Wi", hidden, inner, wide, (0, inner)),
    )
    before = modernbert.norm(config, name + "attn_norm", hidden) if index else None
    after = modernbert.norm(config, name + "mlp_norm", hidden)
    return Block(attention, Norms(before), feed_forward, Norms(after))


def _transform(config: Config, hidden: int, name: str) -> Transform:
    return Transform(
        Linear(name + ".dense", hidden, hidden, config.get("classifier_bias", False)),
        activation(config, "classifier_activation", "gelu"),
        modernbert.norm(config, name + ".norm", hidden),
    )


def _classifier(config: Config, hidden: int) -> Classifier:
    bias = config.get("classifier_bias", False)
    return Classifier(
        Linear("classifier", hidden, layouts.labels(config), bias),
        "last",
        (_transform(config, hidden, "head"),),
        layouts.last_token({**DEFAULTS, **config}, hidden).padding_id,
    )


def _causal_lm(config: Config) -> CausalLM:
    hidden = config.get("hidden_size", DEFAULTS["hidden_size"])
    return CausalLM(
        "decoder.weight",
        config.get("tie_word_embeddings", True),
        "decoder.bias" if config.get("decoder_bias", True) else "",
        transform=_transform(config, hidden, "lm_head"),
    )


FAMILY = Family(
    model_type="modernbert-decoder",
    describe=describe,
    classes=Classes("ModernBertDecoder"),
    classifier=_classifier,
    causal_lm=_causal_lm,
    tiny={
        "modernbert-decoder": Tiny(
            {"global_attn_every_n_layers": 2, "local_attention": 10}, pooling="lasttoken"
        )
    },
)
