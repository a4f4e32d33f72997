"""SigLIP, and SigLIP 2 of one picture size: patches without a class token, pooled by a learned query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.tower import Size, TinyTowers, Tower, TowerFamily, Way
from isomorph.encoders.vision.description import VisionEncoder
from isomorph.encoders.vision.layers import TINY, judge_both, one_side, only
from isomorph.encoders.vision.lower import PIXELS, lower_vision
from isomorph.encoders.vision.siglip_towers import (
    SEEING_ALONE,
    SIZE,
    TEXT,
    TEXTS,
    VISION,
    pool,
    seeing,
    seen_width,
    vision,
)
from isomorph.primitives.builder import Ref, Weights


def describe(config: Config, size: Size) -> VisionEncoder:
    """What the learned query sees of all patches, normalised."""
    own = seeing(config, **SIZE)
    grid = only(size, *(one_side(own, name, 0) for name in SIZE))
    return vision(own, grid, pool(own))


def _image(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_vision(describe(config, size), weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    return {"side": one_side(seeing(config, **SIZE), "patch_size", 0)}


FAMILIES = (
    TowerFamily(
        model_type="siglip",
        architecture="SiglipModel",
        towers={
            "text": TEXTS,
            "image": Tower(
                way=Way("get_image_features", "pooler_output"),
                aside=SEEING_ALONE,
                result="sentence_embedding",
                feeds=lambda config: (PIXELS,),
                describe=describe,
                lower=_image,
                width=seen_width,
                options=VISION,
                fed=_fed,
            ),
        },
        processor="SiglipImageProcessor",
        judge=judge_both(TEXT, VISION),
        tiny={
            "siglip": TinyTowers({TEXT: TINY, VISION: {**TINY, "image_size": 32, "patch_size": 8}})
        },
    ),
)
