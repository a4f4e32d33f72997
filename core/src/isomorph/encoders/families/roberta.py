"""RoBERTa (arXiv:1907.11692), CamemBERT and data2vec: BERT whose positions count real tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder, Positions
from isomorph.encoders.families import bert
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import Classifier, MaskedLM
from isomorph.encoders.post_norm import positions_after, type_count
from isomorph.errors import BadModel

VOCABULARY = {"roberta": 50_265}
"""Sizes of vocabularies where a file names none; of other types it is BERT's."""


def describe(config: Config) -> Encoder:
    """BERT's tensors; the first real token is at row ``pad_token_id + 1`` of the position table."""
    require(config, "position_embedding_type", "absolute", "absolute")
    config = {"vocab_size": VOCABULARY.get(config["model_type"], 30_522), **config}
    return bert.bert_like(config, counted(config), type_count(config))


def counted(config: Config) -> Positions:
    """The table of positions, which begin behind the padding token's id.

    Raises:
        BadModel: there is no such id.
    """
    padding = config.get("pad_token_id", 1)
    if padding is None:
        raise BadModel(
            "config.json sets pad_token_id=null, and positions are counted from that id."
        )
    return positions_after(config, padding)


def classifier(config: Config, hidden: int) -> Classifier:
    """RoBERTa's layer and its output have names of their own."""
    return layouts.first_position(config, hidden, "classifier.dense", "tanh", "classifier.out_proj")


def masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """Always GELU, whatever the blocks have."""
    transform = layouts.to_words(encoder, "lm_head.dense", "lm_head.layer_norm", "gelu")
    return layouts.two_biases(config, transform, "lm_head.decoder", "lm_head.bias")


def tiny(
    word: str, *, padding: int = 1, types: int = 1, pooling: str = "mean", **others: Any
) -> Tiny:
    """The padding token's id takes rows of the position table."""
    options = {
        **bert.TINY,
        "architectures": [word + "Model"],
        "max_position_embeddings": 64 + padding + 1,
        "type_vocab_size": types,
        "layer_norm_eps": 1e-5,
        "pad_token_id": padding,
        **others,
    }
    return Tiny(options, pooling, usual=False)


ROBERTA = Family(
    model_type="roberta",
    describe=describe,
    classes=Classes("Roberta", "roberta."),
    classifier=classifier,
    masked_lm=masked_lm,
    tokenizer="RobertaTokenizer",
    unpadded="real tokens",
    unread=bert.pooler,
    fixed={"position_embedding_type": "absolute"},
    tiny={
        "roberta": tiny("Roberta"),
        "roberta-types": tiny("Roberta", padding=3, types=2, pooling="cls"),
    },
)
FAMILY = ROBERTA
CAMEMBERT = replace(
    ROBERTA,
    model_type="camembert",
    classes=Classes("Camembert", "roberta."),
    tokenizer="CamembertTokenizer",
    tiny={"camembert": tiny("Camembert")},
)
DATA2VEC = replace(
    ROBERTA,
    model_type="data2vec-text",
    classes=Classes("Data2VecText", "data2vec_text."),
    unpadded=None,
    tiny={"data2vec": tiny("Data2VecText")},
)
