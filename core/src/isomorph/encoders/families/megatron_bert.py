"""Megatron-BERT (Shoeybi et al. 2019, arXiv:1909.08053): BERT, pre-norm, and no norm of the embeddings."""

from __future__ import annotations

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import bert
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.post_norm import positions, type_count
from isomorph.encoders.pre_norm import Names, pre_norm, without_embedding_norm

NAMES = Names("attention.ln", "ln", "encoder.ln")
DEFAULTS = {
    "vocab_size": 29_056,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
}


def describe(config: Config) -> Encoder:
    """BERT's tensors but for the norms."""
    require(config, "position_embedding_type", "absolute", "absolute")
    config = {**DEFAULTS, **config}
    plain = bert.bert_like(config, positions(config), type_count(config))
    return without_embedding_norm(pre_norm(plain, NAMES))


FAMILY = Family(
    model_type="megatron-bert",
    describe=describe,
    classes=Classes("MegatronBert", "bert."),
    classifier=layouts.pooler,
    masked_lm=layouts.bert_lm,
    tokenizer="BertTokenizer",
    typed_pairs=True,
    unread=bert.pooler,
    tiny={"megatron": Tiny({"type_vocab_size": 2})},
)
