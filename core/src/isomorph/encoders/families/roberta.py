"""RoBERTa (arXiv:1907.11692), XLM-RoBERTa and CamemBERT: BERT whose positions count real tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.describe import require
from isomorph.encoders.description import Encoder
from isomorph.encoders.families.bert import bert_like
from isomorph.encoders.post_norm import positions_after, type_count
from isomorph.errors import BadModel

VOCABULARY = {"roberta": 50_265, "xlm-roberta": 30_522, "camembert": 30_522}
MODEL_TYPES = tuple(VOCABULARY)


def describe(config: Mapping[str, Any]) -> Encoder:
    """BERT's tensors; the first real token is at row ``pad_token_id + 1`` of the position table."""
    require(config, "position_embedding_type", "absolute", "absolute")
    config = {"vocab_size": VOCABULARY[config["model_type"]], **config}
    padding = config.get("pad_token_id", 1)
    if padding is None:
        raise BadModel(
            "config.json sets pad_token_id=null, and positions are counted from that id."
        )
    return bert_like(config, positions_after(config, padding), type_count(config))
