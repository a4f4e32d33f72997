"""SigLIP, and SigLIP 2 of one picture size: patches without a class token, pooled by a learned query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.tower import Size, TinyTowers, TowerFamily
from isomorph.encoders.vision.description import VisionEncoder
from isomorph.encoders.vision.layers import TINY, one_side, only
from isomorph.encoders.vision.lower import PIXELS
from isomorph.encoders.vision.siglip_towers import (
    SIZE,
    TEXT,
    TEXTS,
    VISION,
    images,
    judge_siglip,
    pool,
    seeing,
    vision,
)


def describe(config: Config, size: Size) -> VisionEncoder:
    """What the learned query sees of all patches, normalised."""
    own = seeing(config, **SIZE)
    grid = only(size, *(one_side(own, name, 0) for name in SIZE))
    return vision(own, grid, pool(own))


def _fed(config: Config) -> Mapping[str, Any]:
    return {"side": one_side(seeing(config, **SIZE), "patch_size", 0)}


FAMILY = TowerFamily(
    model_type="siglip",
    architecture="SiglipModel",
    towers={
        "text": TEXTS,
        "image": images(PIXELS, describe=describe, fed=_fed),
    },
    processor="SiglipImageProcessor",
    judge=judge_siglip,
    tiny={"siglip": TinyTowers({TEXT: TINY, VISION: {**TINY, "image_size": 32, "patch_size": 8}})},
)
