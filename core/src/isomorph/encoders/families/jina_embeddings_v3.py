"""Jina's third generation (Sturua et al. 2024, arXiv:2409.10173) in transformers' own form."""

from __future__ import annotations

from isomorph.encoders import rotary_roberta
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import bert, roberta
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.post_norm import type_count
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    "vocab_size": 250_002,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "max_position_embeddings": 8194,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
}


def describe(config: Config) -> Encoder:
    """Every token has a type."""
    type_count(config)
    config = {**DEFAULTS, **config}
    size = rotary_roberta.heads_of(config)[1]
    return rotary_roberta.encoder(config, rotary(parameters_of(config, 20_000.0), size))


FAMILY = Family(
    model_type="jina_embeddings_v3",
    describe=describe,
    classes=Classes("JinaEmbeddingsV3", "roberta."),
    classifier=roberta.classifier,
    masked_lm=roberta.masked_lm,
    tokenizer="XLMRobertaTokenizer",
    unread=bert.pooler,
    tiny={"jina3": Tiny({"type_vocab_size": 2})},
)
