"""Qwen3-VL (arXiv:2511.21631): Qwen3 over texts with images, which enter the first blocks too (DeepStack)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import isqrt
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder, FeedForward, Linear
from isomorph.encoders.families import qwen3
from isomorph.encoders.seeing.description import Merger, PackedVision, Square
from isomorph.encoders.seeing.qwen_family import qwen_family
from isomorph.encoders.seeing.qwen_towers import (
    PREFIX,
    act,
    cuboids,
    merger,
    moving,
    tower_block,
    tower_norm,
    vision_options,
)
from isomorph.errors import BadModel

TEXT = {
    **qwen3.DEFAULTS,
    "vocab_size": 151_936,
    "hidden_size": 4096,
    "intermediate_size": 22_016,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "max_position_embeddings": 128_000,
    "rope_theta": 500_000.0,
}
SECTIONS = (24, 20, 20)
_VISION = {
    "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "out_hidden_size": 3584,
    "patch_size": 16, "num_position_embeddings": 2304, "deepstack_visual_indexes": (8, 16, 24),
}  # fmt: skip


def describe(config: Config) -> Encoder:
    """The encoder of texts: Qwen3's."""
    return qwen3.describe({**TEXT, **config})


def tower(config: Config) -> PackedVision:
    """Plain blocks over patches with learned positions; what some of them compute is told too."""
    own = vision_options(config, _VISION)
    hidden, unit, features = (
        own["hidden_size"],
        own["spatial_merge_size"] ** 2,
        own["out_hidden_size"],
    )
    feed = partial(_feed, own, hidden)
    side, deep = isqrt(own["num_position_embeddings"]), own["deepstack_visual_indexes"]
    if max(deep, default=0) >= own["depth"] or len(set(deep)) < len(deep):
        raise BadModel(
            f"config.json sets deepstack_visual_indexes={list(deep)} for {own['depth']} blocks."
        )
    return PackedVision(
        hidden=hidden,
        patches=cuboids(own, hidden, bias=True),
        unit=unit,
        blocks=tuple(tower_block(own, i, hidden, feed) for i in range(own["depth"])),
        merger=_merger(f"{PREFIX}merger.", hidden, hidden, unit, features),
        deep=tuple(
            (
                at,
                _merger(
                    f"{PREFIX}deepstack_merger_list.{i}.", hidden * unit, hidden, unit, features
                ),
            )
            for i, at in enumerate(deep)
        ),
        places=Square(f"{PREFIX}pos_embed.weight", side, hidden),
    )


def _merger(name: str, normed: int, hidden: int, unit: int, features: int) -> Merger:
    """`normed` are the features that its norm acts on: those of a patch, or of all that it joins."""
    parts = ("linear_fc1", "linear_fc2")
    return merger(name, tower_norm(f"{name}norm", normed), hidden * unit, features, parts)


def _feed(own: Mapping[str, Any], hidden: int, name: str) -> FeedForward:
    inner = own["intermediate_size"]
    return FeedForward(
        Linear(f"{name}linear_fc1", hidden, inner),
        Linear(f"{name}linear_fc2", inner, hidden),
        act(own, "gelu_new"),
    )


FAMILY = qwen_family(
    "qwen3_vl",
    classes="Qwen3VL",
    describe=describe,
    tower=tower,
    sections=SECTIONS,
    interleaved=True,
    moving=moving("Qwen3VLVideoProcessor", written=True),
    tiny={
        "hidden_size": 24,
        "intermediate_size": 40,
        "out_hidden_size": 32,
        "num_position_embeddings": 36,
        "deepstack_visual_indexes": [0],
    },
)
