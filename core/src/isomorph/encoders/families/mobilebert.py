"""MobileBERT (Sun et al. 2020, arXiv:2004.02984): narrow layers between two projections each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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
)
from isomorph.encoders.families import bert
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier
from isomorph.encoders.post_norm import positions, type_count
from isomorph.encoders.rare import Narrow

DEFAULTS = {
    "vocab_size": 30_522,
    "hidden_size": 512,
    "num_hidden_layers": 24,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "hidden_act": "relu",
    "layer_norm_eps": 1e-12,
    "embedding_size": 128,
    "trigram_input": True,
    "use_bottleneck": True,
    "intra_bottleneck_size": 128,
    "use_bottleneck_attention": False,
    "key_query_shared_bottleneck": True,
    "num_feedforward_networks": 4,
    "normalization_type": "no_norm",
    "classifier_activation": True,
}
KINDS: Mapping[str, Any] = {"no_norm": "affine", "layer_norm": "layer"}
UNTOLD = 1e-5
"""The epsilon of two norms that pass over the option."""


def describe(config: Config) -> Encoder:
    """Trigrams are those of a text alone: transformers' class reads what stands for padding, too."""
    config = {**DEFAULTS, **config}
    hidden, width = config["hidden_size"], config["embedding_size"]
    wide = (3 if config["trigram_input"] else 1) * width
    entry = Linear("embeddings.embedding_transformation", wide, hidden)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config["vocab_size"],
        width,
        positions(config),
        "embeddings.token_type_embeddings.weight",
        type_count(config),
        _norm(config, "embeddings.LayerNorm", hidden, UNTOLD),
        entry=entry if wide != hidden or config["trigram_input"] else None,
        trigrams=config["trigram_input"],
    )
    blocks = (
        _block(config, f"encoder.layer.{index}.") for index in range(config["num_hidden_layers"])
    )
    return Encoder("mobilebert", hidden, embeddings, tuple(blocks))


def _norm(config: Config, name: str, size: int, eps: float | None = None) -> Norm:
    kind = KINDS[require(config, "normalization_type", "no_norm", *KINDS)]
    return Norm(name, size, config["layer_norm_eps"] if eps is None else eps, kind=kind)


def _block(config: Config, name: str) -> Block:
    """Feed-forwards one behind the other, the last of which has names of its own."""
    narrow = _narrow(config, name)
    hidden = config["hidden_size"]
    size = hidden if narrow is None else config["intra_bottleneck_size"]
    values = hidden if narrow is not None and narrow.queries is not None else size
    parts = ("query", size), ("key", size), ("value", values)
    query, key, value = (Linear(f"{name}attention.self.{part}", read, size) for part, read in parts)
    output = Linear(name + "attention.output.dense", size, size)
    around = _norm(config, name + "attention.output.LayerNorm", size)
    count = config["num_feedforward_networks"] - 1
    names = [(f"{name}ffn.{index}.", config["layer_norm_eps"]) for index in range(count)]
    fed = [_feed_forward(config, each, size, eps) for each, eps in (*names, (name, UNTOLD))]
    return Block(
        Attention(query, key, value, output, config["num_attention_heads"]),
        Norms(after=around),
        *fed[0],
        more=tuple(fed[1:]),
        narrow=narrow,
    )


def _feed_forward(config: Config, name: str, size: int, eps: float) -> tuple[FeedForward, Norms]:
    inner = config["intermediate_size"]
    layers = FeedForward(
        Linear(name + "intermediate.dense", size, inner),
        Linear(name + "output.dense", inner, size),
        activation(config, "hidden_act", "relu"),
    )
    return layers, Norms(after=_norm(config, name + "output.LayerNorm", size, eps))


def _narrow(config: Config, name: str) -> Narrow | None:
    if not config["use_bottleneck"]:
        return None
    hidden, size = config["hidden_size"], config["intra_bottleneck_size"]

    def made(part: str, read: int, wide: int) -> tuple[Linear, Norm]:
        return Linear(part + ".dense", read, wide), _norm(config, part + ".LayerNorm", wide)

    queries = None
    if not config["use_bottleneck_attention"]:
        require(config, "key_query_shared_bottleneck", True, True)
        queries = made(name + "bottleneck.attention", hidden, size)
    inward = made(name + "bottleneck.input", hidden, size)
    return Narrow(inward, made(name + "output.bottleneck", size, hidden), queries)


def _classifier(config: Config, hidden: int) -> Classifier:
    """The first position, through a layer with tanh unless the file says otherwise."""
    plain = layouts.pooler(config, hidden)
    return plain if config.get("classifier_activation", True) else replace(plain, transforms=())


FAMILY = Family(
    model_type="mobilebert",
    describe=describe,
    classes=Classes("MobileBert", "mobilebert."),
    classifier=_classifier,
    misread=lambda _: "transformers' class lets padding into its trigrams",
    tokenizer="MobileBertTokenizer",
    typed_pairs=True,
    unread=bert.pooler,
    tiny={
        # Without norms numbers grow with each layer, and a tanh behind thousands tells noise.
        "mobilebert": Tiny(
            {"embedding_size": 20, "intra_bottleneck_size": 16, "classifier_activation": False}
        ),
        "mobilebert-norms": Tiny(
            {
                "embedding_size": 20,
                "intra_bottleneck_size": 16,
                "normalization_type": "layer_norm",
                "use_bottleneck_attention": True,
                "num_feedforward_networks": 2,
                "trigram_input": False,
            }
        ),
    },
)
