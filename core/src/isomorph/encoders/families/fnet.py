"""FNet (Lee-Thorp et al. 2021, arXiv:2105.03824): a Fourier transform in the place of attention."""

from __future__ import annotations

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import (
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
from isomorph.encoders.heads.description import MaskedLM
from isomorph.encoders.post_norm import positions, type_count
from isomorph.encoders.rare import Fourier

DEFAULTS = {
    "vocab_size": 32_000,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "intermediate_size": 3072,
    "hidden_act": "gelu_new",
    "type_vocab_size": 4,
    "layer_norm_eps": 1e-12,
}


def describe(config: Config) -> Encoder:
    """Of a text alone: transformers' class transforms padding with it."""
    require(config, "use_tpu_fourier_optimizations", False, False)
    config = {**DEFAULTS, **config}
    hidden, eps = config["hidden_size"], config["layer_norm_eps"]
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config["vocab_size"],
        hidden,
        positions(config),
        "embeddings.token_type_embeddings.weight",
        type_count(config),
        Norm("embeddings.LayerNorm", hidden, eps),
        Linear("embeddings.projection", hidden, hidden),
    )
    blocks = (
        _block(config, f"encoder.layer.{index}.") for index in range(config["num_hidden_layers"])
    )
    return Encoder("fnet", hidden, embeddings, tuple(blocks))


def _block(config: Config, name: str) -> Block:
    hidden, inner, eps = (
        config["hidden_size"],
        config["intermediate_size"],
        config["layer_norm_eps"],
    )
    return Block(
        Fourier(hidden),
        Norms(after=Norm(name + "fourier.output.LayerNorm", hidden, eps)),
        FeedForward(
            Linear(name + "intermediate.dense", hidden, inner),
            Linear(name + "output.dense", inner, hidden),
            activation(config, "hidden_act", "gelu_new"),
        ),
        Norms(after=Norm(name + "output.LayerNorm", hidden, eps)),
    )


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    return layouts.bert_lm({**DEFAULTS, **config}, encoder)


FAMILY = Family(
    model_type="fnet",
    describe=describe,
    classes=Classes("FNet", "fnet."),
    classifier=layouts.pooler,
    masked_lm=_masked_lm,
    misread=lambda _: "transformers' class transforms padding with the text",
    tokenizer="FNetTokenizer",
    typed_pairs=True,
    unread=bert.pooler,
    tiny={"fnet": Tiny({"type_vocab_size": 2})},
)
