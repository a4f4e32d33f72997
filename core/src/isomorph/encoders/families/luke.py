"""LUKE and mLUKE (Yamada et al. 2020, arXiv:2010.01057) without entities: RoBERTa's layout.

A text without entities goes through the layers of words alone; those for entities are in the files.
"""

from __future__ import annotations

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import bert, roberta
from isomorph.encoders.family import Classes, Family
from isomorph.encoders.heads import layouts

_ENTITIES, _WIDTH = 7, 8
"""Entities of the tiny model, and features of their table."""


def describe(config: Config) -> Encoder:
    """The layers of words."""
    return roberta.describe({"vocab_size": 50_267, **config})


def _unread(encoder: Encoder) -> dict[str, tuple[int, ...]]:
    """The table of entities and the queries between them and words, beside a pooler; sizes are the kit's."""
    hidden, words, name = encoder.hidden, encoder.embeddings, "entity_embeddings."
    found = bert.pooler(encoder)
    found[name + "entity_embeddings.weight"] = (_ENTITIES, _WIDTH)
    found[name + "entity_embedding_dense.weight"] = (hidden, _WIDTH)
    assert words.positions is not None
    found[name + "position_embeddings.weight"] = (words.positions.count, hidden)
    found[name + "token_type_embeddings.weight"] = (words.type_count, hidden)
    found |= dict.fromkeys((name + "LayerNorm.weight", name + "LayerNorm.bias"), (hidden,))
    for index in range(len(encoder.blocks)):
        for part in ("w2e_query", "e2w_query", "e2e_query"):
            name = f"encoder.layer.{index}.attention.self.{part}"
            found |= {f"{name}.weight": (hidden, hidden), f"{name}.bias": (hidden,)}
    return found


FAMILY = Family(
    model_type="luke",
    describe=describe,
    classes=Classes("Luke", "luke."),
    classifier=layouts.pooler,
    tokenizer="LukeTokenizer",
    unread=_unread,
    tiny={
        "luke": roberta.tiny("Luke", types=2, entity_vocab_size=_ENTITIES, entity_emb_size=_WIDTH)
    },
)
