"""RoBERTa-PreLayerNorm (Wettig et al. 2022, arXiv:2202.08005): RoBERTa with norms in front of its layers."""

from __future__ import annotations

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import bert, roberta
from isomorph.encoders.family import Classes, Family
from isomorph.encoders.pre_norm import Names, pre_norm

NAMES = Names("attention.LayerNorm", "intermediate.LayerNorm", "LayerNorm")


def describe(config: Config) -> Encoder:
    """RoBERTa's tensors; the norm behind all blocks stands outside of them."""
    return pre_norm(roberta.describe({"vocab_size": 50_265, **config}), NAMES)


FAMILY = Family(
    model_type="roberta-prelayernorm",
    describe=describe,
    classes=Classes("RobertaPreLayerNorm", "roberta_prelayernorm."),
    classifier=roberta.classifier,
    masked_lm=roberta.masked_lm,
    tokenizer="RobertaTokenizer",
    unread=bert.pooler,
    tiny={"roberta-pre-norm": roberta.tiny("RobertaPreLayerNorm")},
)
