"""MPNet (arXiv:2004.09297): BERT without token types, with learned biases of relative positions."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import roberta
from isomorph.encoders.families.bert import bert_like
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.post_norm import Names, positions_after
from isomorph.encoders.relations import RelativeBias

NAMES = Names(
    query="attention.attn.q",
    key="attention.attn.k",
    value="attention.attn.v",
    output="attention.attn.o",
    attention_norm="attention.LayerNorm",
)
BUCKETS = 32  # transformers counts in 32 buckets whatever the configuration says
PADDING = 1  # and its positions skip this id whatever the padding token is


def describe(config: Config) -> Encoder:
    """Positions count real tokens as in RoBERTa; the biases are shared by all blocks."""
    require(config, "position_embedding_type", "absolute", "absolute")
    require(config, "relative_attention_num_buckets", BUCKETS, BUCKETS)
    config = {"vocab_size": 30527, **config}
    encoder = bert_like(config, positions_after(config, PADDING), types=0, names=NAMES)
    heads = config.get("num_attention_heads", 12)
    bias = RelativeBias("encoder.relative_attention_bias.weight", BUCKETS, heads)
    return replace(encoder, relative_bias=bias)


FAMILY = Family(
    model_type="mpnet",
    describe=describe,
    classes=Classes("MPNet", "mpnet."),
    classifier=roberta.classifier,
    masked_lm=roberta.masked_lm,
    tokenizer="MPNetTokenizer",
    tiny={"mpnet": Tiny({"pad_token_id": 1, "max_position_embeddings": 66})},
)
