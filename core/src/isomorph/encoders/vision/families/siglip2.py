"""SigLIP 2 NaFlex (Tschannen et al. 2025, arXiv:2502.14786): pictures of any proportions, as patches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.tower import Size, TinyTowers, TowerFamily
from isomorph.encoders.vision.description import VisionEncoder
from isomorph.encoders.vision.layers import TINY, one_side
from isomorph.encoders.vision.lower import MASK, PIXELS
from isomorph.encoders.vision.places import PLACES
from isomorph.encoders.vision.siglip_towers import (
    LOWER,
    TEXT,
    TEXTS,
    VISION,
    images,
    judge_siglip,
    pool,
    seeing,
    vision,
)
from isomorph.errors import BadModel

GRIDS = "spatial_shapes"
"""int64 (rows, 2): rows and columns of patches of each picture, of which transformers makes positions."""
_LOWER = (LOWER, "GemmaTokenizer", "GemmaTokenizerFast")
"""Of this kind of model transformers reads Gemma's class too in lower case."""
_SIZE = {"num_patches": 256, "patch_size": 16}


def describe(config: Config, size: Size) -> VisionEncoder:
    """Positions of the patches that are there are interpolated, whatever the `size`."""
    own = seeing(config, **_SIZE)
    side = _stored(own)
    return vision(own, (), pool(own), stored=(side, side))


def _stored(own: Config) -> int:
    """The side of the square of stored positions."""
    side = math.isqrt(own["num_patches"])
    if side * side != own["num_patches"]:
        raise BadModel(f"config.json sets num_patches={own['num_patches']}, which is no square.")
    return side


def _fed(config: Config) -> Mapping[str, Any]:
    own = seeing(config, **_SIZE)
    side = _stored(own)
    return {"side": one_side(own, "patch_size", 0), "places": (side, side)}


FAMILY = TowerFamily(
    model_type="siglip2",
    architecture="Siglip2Model",
    towers={
        "text": replace(TEXTS, lowercase=_LOWER),
        "image": images(PIXELS, MASK, PLACES, GRIDS, describe=describe, fed=_fed),
    },
    processor="Siglip2ImageProcessor",
    judge=judge_siglip,
    tiny={"siglip2": TinyTowers({TEXT: TINY, VISION: {**TINY, "num_patches": 9, "patch_size": 8}})},
)
