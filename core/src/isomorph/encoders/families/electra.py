"""ELECTRA (arXiv:2003.10555): BERT whose embeddings may be narrower than its blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.describe import require
from isomorph.encoders.description import Encoder, Linear, Norm
from isomorph.encoders.families.bert import bert_like
from isomorph.encoders.post_norm import positions, type_count

MODEL_TYPES = ("electra",)
DEFAULTS = {"hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}


def describe(config: Mapping[str, Any]) -> Encoder:
    """BERT's tensors, and a projection between embeddings and blocks of different widths."""
    require(config, "position_embedding_type", "absolute", "absolute")
    config = {**DEFAULTS, **config}
    encoder = bert_like(config, positions(config), type_count(config))
    width = config.get("embedding_size", 128)
    same = width == encoder.hidden
    embeddings = replace(
        encoder.embeddings,
        width=width,
        norm=Norm("embeddings.LayerNorm", width, config.get("layer_norm_eps", 1e-12)),
        projection=None if same else Linear("embeddings_project", width, encoder.hidden),
    )
    return replace(encoder, embeddings=embeddings)
