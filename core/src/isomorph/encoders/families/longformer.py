"""Longformer (Beltagy et al. 2020, arXiv:2004.05150): RoBERTa whose layers see a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import bert, roberta
from isomorph.encoders.family import Classes, Family
from isomorph.encoders.post_norm import type_count
from isomorph.encoders.rare import First
from isomorph.errors import BadModel

DEFAULTS = {"attention_window": 512, "pad_token_id": 1}
OF_ALL = ("query_global", "key_global", "value_global")
"""Layers of a block for tokens that see all others: a classifier's first one, and none for vectors."""


def describe(config: Config) -> Encoder:
    """No token sees all others: transformers' class gives that to none where nobody asks."""
    config = {**DEFAULTS, **config}
    plain = bert.bert_like(config, roberta.counted(config), type_count(config))
    windows = _windows(config, len(plain.blocks))
    blocks = (
        replace(block, attention=replace(block.attending, window=size // 2))
        for block, size in zip(plain.blocks, windows, strict=True)
    )
    return replace(plain, blocks=tuple(blocks))


def classified(config: Config) -> Encoder:
    """The first token sees all others and is seen by them."""
    plain = describe(config)
    blocks = []
    for index, block in enumerate(plain.blocks):
        seen, name = block.attending, f"encoder.layer.{index}.attention.self."
        layers = zip((seen.query, seen.key, seen.value), OF_ALL, strict=True)
        first = First(*(replace(layer, name=name + own) for layer, own in layers))
        blocks.append(replace(block, attention=replace(seen, first=first)))
    return replace(plain, blocks=tuple(blocks))


def _windows(config: Config, layers: int) -> list[int]:
    """The width of each layer's window, half of it to either side."""
    given = config["attention_window"]
    windows = given if isinstance(given, list) else [given] * layers
    if len(windows) != layers:
        raise BadModel(
            f"config.json sets {len(windows)} numbers as attention_window for {layers} layers."
        )
    for size in windows:
        if size % 2:
            raise BadModel(f"config.json sets attention_window={size}, which has no two halves.")
    return windows


def _unread(encoder: Encoder) -> Mapping[str, tuple[int, ...]]:
    hidden = encoder.hidden
    shapes = {".weight": (hidden, hidden), ".bias": (hidden,)}
    of_all = {
        f"encoder.layer.{layer}.attention.self.{name}{ending}": shape
        for layer in range(len(encoder.blocks))
        for name in OF_ALL
        for ending, shape in shapes.items()
    }
    return {**bert.pooler(encoder), **of_all}


FAMILY = Family(
    model_type="longformer",
    describe=describe,
    classes=Classes("Longformer", "longformer."),
    classifier=roberta.classifier,
    classified=classified,
    masked_lm=roberta.masked_lm,
    tokenizer="LongformerTokenizer",
    unread=_unread,
    tiny={"longformer": roberta.tiny("Longformer", attention_window=[4, 12])},
)
