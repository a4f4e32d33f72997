"""XLM-RoBERTa-XL (Goyal et al. 2021, arXiv:2105.00572): pre-norm, and no norm of the embeddings."""

from __future__ import annotations

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import bert, roberta
from isomorph.encoders.family import Classes, Family
from isomorph.encoders.pre_norm import Names, pre_norm, without_embedding_norm

NAMES = Names("attention.self_attn_layer_norm", "LayerNorm", "encoder.LayerNorm")
DEFAULTS = {
    "vocab_size": 250_880,
    "hidden_size": 2560,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "intermediate_size": 10_240,
    "max_position_embeddings": 514,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
}


def describe(config: Config) -> Encoder:
    """RoBERTa's tensors but for the norms."""
    plain = roberta.describe({**DEFAULTS, **config})
    return without_embedding_norm(pre_norm(plain, NAMES))


FAMILY = Family(
    model_type="xlm-roberta-xl",
    describe=describe,
    classes=Classes("XLMRobertaXL", "roberta."),
    classifier=roberta.classifier,
    masked_lm=roberta.masked_lm,
    tokenizer="XLMRobertaTokenizer",
    unread=bert.pooler,
    tiny={"xlm-roberta-xl": roberta.tiny("XLMRobertaXL")},
)
