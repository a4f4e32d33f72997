"""SigLIP, and SigLIP 2 of one picture size: patches without a class token, pooled by a learned query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Norm
from isomorph.encoders.tower import Size, TinyTowers, Tower, TowerFamily, Way
from isomorph.encoders.vision.clip_blocks import clip_block
from isomorph.encoders.vision.description import Patches, Places, VisionEncoder
from isomorph.encoders.vision.layers import TINY, act, judge_both, one_side, only
from isomorph.encoders.vision.lower import PIXELS, lower_vision
from isomorph.encoders.vision.siglip_towers import (
    GELU,
    SEEING_ALONE,
    TEXT,
    TEXTS,
    VISION,
    pool,
    seeing,
    seen_width,
)
from isomorph.primitives.builder import Ref, Weights

_SIZE = {"image_size": 224, "patch_size": 16}


def describe(config: Config, size: Size) -> VisionEncoder:
    """What the learned query sees of all patches, normalised."""
    own = seeing(config, **_SIZE)
    hidden, eps = own["hidden_size"], own["layer_norm_eps"]
    side, patch = (one_side(own, name, 0) for name in ("image_size", "patch_size"))
    rows, columns = only(size, side, patch)
    blocks = (f"vision_model.encoder.layers.{i}." for i in range(own["num_hidden_layers"]))
    embeddings = "vision_model.embeddings."
    return VisionEncoder(
        hidden=hidden,
        patches=Patches(
            name=f"{embeddings}patch_embedding",
            side=patch,
            width=hidden,
            channels=own["num_channels"],
        ),
        grid=(rows, columns),
        places=Places(
            table=f"{embeddings}position_embedding.weight",
            shape=(rows * columns, hidden),
            rows=rows,
            columns=columns,
        ),
        blocks=tuple(clip_block(own, each, eps=eps, kind=act(own, GELU)) for each in blocks),
        final_norm=Norm("vision_model.post_layernorm", hidden, eps),
        pool=pool(own),
    )


def _image(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_vision(describe(config, size), weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    return {"side": one_side(seeing(config, **_SIZE), "patch_size", 0)}


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
