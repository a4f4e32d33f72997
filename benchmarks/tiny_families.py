"""A tiny model of each encoder family that the conformance kit has none of.

The shapes of its tensors are those that the family's own lowering asks for, so a new family needs no
more than a small configuration here, and none where BERT's option names do.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isomorph.encoders import describe, lower_encoder
from isomorph.program.builder import Builder, Ref, Weights
from isomorph.testing.models import write_recipe
from isomorph.testing.recipes import Recipe, pooling
from isomorph.testing.tiny_encoders import Shapes, TinyEncoder
from isomorph.testing.tokenizer import vocabulary

HIDDEN, LONGEST = 32, 64
_BERT: Mapping[str, Any] = {
    "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 4, "pad_token_id": 0,
    "intermediate_size": 48, "max_position_embeddings": LONGEST, "type_vocab_size": 2,
}  # fmt: skip
_DECODER = {**_BERT, "num_key_value_heads": 2, "head_dim": 8}
_T5 = {"d_model": HIDDEN, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
_ROTARY = {"pack_qkv": True, "position_embedding_type": "rope", "rope_theta": 10000.0}
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "albert": {**_BERT, "embedding_size": 24, "inner_group_num": 1, "num_hidden_groups": 1},
    "deberta-v2": {
        **_BERT, "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0,
        "share_att_key": True, "norm_rel_ebd": "layer_norm", "position_buckets": 8,
    },
    "electra": {**_BERT, "embedding_size": 24},
    "modernbert": {**_BERT, "global_attn_every_n_layers": 2, "local_attention": 8},
    "new": {**_BERT, **_ROTARY},
    "gte": {**_BERT, **_ROTARY},
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3"), _DECODER),
    "gemma3_text": {**_DECODER, "query_pre_attn_scalar": 8, "use_bidirectional_attention": True},
    **dict.fromkeys(("t5", "mt5", "umt5"), _T5),
}  # fmt: skip


class _Recorder(Weights):
    """Stands for the tensors of a module and notes what it is asked for."""

    def __init__(self, builder: Builder) -> None:
        super().__init__(builder, "0", {})
        self.shapes: Shapes = {}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.shapes) or frozenset(("nothing yet",))

    def __call__(self, name: str, shape: tuple[int, ...]) -> Ref:
        self.shapes[name] = shape
        return self._builder.constant(np.zeros(1, np.float32))

    def rows(self, name: str, rows: tuple[int, int], rest: tuple[int, ...]) -> Ref:
        known = self.shapes.get(name, (0,))[0]
        return self(name, (max(known, rows[1]), *rest))

    def shape_of(self, name: str) -> tuple[int, ...]:
        """What was asked for; of an unknown tensor only the width is said."""
        return self.shapes.get(name, (0, HIDDEN))


def write_family(model_type: str, folder: Path) -> Path:
    """Writes a tiny encoder of this type with mean pooling behind it. Returns the folder."""
    options = CONFIGS.get(model_type, _BERT)
    config = {"model_type": model_type, "vocab_size": len(vocabulary()), **options}
    builder = Builder()
    names = ("input_ids", "attention_mask", "token_type_ids")
    weights = _Recorder(builder)
    lower_encoder(describe(config), weights, {name: builder.feed(name) for name in names})
    encoder = TinyEncoder(config, weights.shapes, LONGEST)
    recipe = Recipe(encoder, (pooling("mean", hidden=HIDDEN),))
    return write_recipe(recipe, folder, zlib.crc32(model_type.encode()))
