"""ERNIE (Sun et al. 2019, arXiv:1904.09223) and its successors: BERT, perhaps with a table of tasks."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import bert
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.post_norm import positions, type_count


def describe(config: Config) -> Encoder:
    """A text without a task is of the first one."""
    require(config, "position_embedding_type", "absolute", "absolute")
    encoder = bert.bert_like(config, positions(config), type_count(config))
    if not require(config, "use_task_id", False, False, True):
        return encoder
    tasks = "embeddings.task_type_embeddings.weight", config.get("task_type_vocab_size", 3)
    return replace(encoder, embeddings=replace(encoder.embeddings, tasks=tasks))


FAMILY = Family(
    model_type="ernie",
    describe=describe,
    classes=Classes("Ernie", "ernie."),
    classifier=layouts.pooler,
    masked_lm=layouts.bert_lm,
    tokenizer="BertTokenizer",
    typed_pairs=True,
    unread=bert.pooler,
    tiny={
        "ernie": Tiny({"type_vocab_size": 4}),
        "ernie-tasks": Tiny({"use_task_id": True, "task_type_vocab_size": 16}),
    },
)
