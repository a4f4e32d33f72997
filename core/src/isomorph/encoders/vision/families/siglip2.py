"""SigLIP 2 NaFlex (Tschannen et al. 2025, arXiv:2502.14786): pictures of any proportions, as patches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Norm
from isomorph.encoders.tower import Size, TinyTowers, Tower, TowerFamily, Way
from isomorph.encoders.vision.clip_blocks import clip_block
from isomorph.encoders.vision.description import Patches, Places, VisionEncoder
from isomorph.encoders.vision.layers import TINY, act, judge_both, one_side
from isomorph.encoders.vision.lower import MASK, PIXELS, lower_vision
from isomorph.encoders.vision.places import PLACES
from isomorph.encoders.vision.siglip_towers import (
    GELU,
    LOWER,
    SEEING_ALONE,
    TEXT,
    TEXTS,
    VISION,
    pool,
    seeing,
    seen_width,
)
from isomorph.errors import BadModel
from isomorph.primitives.builder import Ref, Weights

GRIDS = "spatial_shapes"
"""int64 (rows, 2): rows and columns of patches of each picture, of which transformers makes positions."""
_LOWER = (LOWER, "GemmaTokenizer", "GemmaTokenizerFast")
"""Of this kind of model transformers reads Gemma's class too in lower case."""
_SIZE = {"num_patches": 256, "patch_size": 16}


def describe(config: Config) -> VisionEncoder:
    """What the learned query sees of the patches that are there, normalised."""
    own = seeing(config, **_SIZE)
    hidden, eps, side = own["hidden_size"], own["layer_norm_eps"], _stored(own)
    blocks = (f"vision_model.encoder.layers.{i}." for i in range(own["num_hidden_layers"]))
    embeddings = "vision_model.embeddings."
    return VisionEncoder(
        hidden=hidden,
        patches=Patches(
            name=f"{embeddings}patch_embedding",
            side=one_side(own, "patch_size", 0),
            width=hidden,
            channels=own["num_channels"],
            packed=True,
        ),
        grid=(),
        places=Places(
            table=f"{embeddings}position_embedding.weight",
            shape=(side * side, hidden),
            rows=side,
            columns=side,
        ),
        blocks=tuple(clip_block(own, each, eps=eps, kind=act(own, GELU)) for each in blocks),
        final_norm=Norm("vision_model.post_layernorm", hidden, eps),
        pool=pool(own),
    )


def _stored(own: Config) -> int:
    """The side of the square of stored positions."""
    side = math.isqrt(own["num_patches"])
    if side * side != own["num_patches"]:
        raise BadModel(f"config.json sets num_patches={own['num_patches']}, which is no square.")
    return side


def _image(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_vision(describe(config), weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    own = seeing(config, **_SIZE)
    side = _stored(own)
    return {"side": one_side(own, "patch_size", 0), "places": (side, side)}


FAMILIES = (
    TowerFamily(
        model_type="siglip2",
        architecture="Siglip2Model",
        towers={
            "text": replace(TEXTS, lowercase=_LOWER),
            "image": Tower(
                way=Way("get_image_features", "pooler_output"),
                aside=SEEING_ALONE,
                result="sentence_embedding",
                feeds=lambda config: (PIXELS, MASK, PLACES, GRIDS),
                describe=lambda config, size: describe(config),
                lower=_image,
                width=seen_width,
                options=VISION,
                fed=_fed,
            ),
        },
        processor="Siglip2ImageProcessor",
        judge=judge_both(TEXT, VISION),
        tiny={
            "siglip2": TinyTowers({TEXT: TINY, VISION: {**TINY, "num_patches": 9, "patch_size": 8}})
        },
    ),
)
