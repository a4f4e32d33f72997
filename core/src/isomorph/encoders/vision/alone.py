"""What models of one tower, which sees pictures, have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.tower import Lowering, Size, TinyTowers, Tower, TowerFamily, Way
from isomorph.encoders.vision.description import Leading, VisionEncoder
from isomorph.encoders.vision.layers import judge_tower
from isomorph.encoders.vision.lower import PIXELS


def leading(hidden: int, registers: int = 0) -> tuple[Leading, ...]:
    """The positions in front of the patches: that of the whole picture, and registers if there are some."""
    whole = (Leading("embeddings.cls_token", (1, 1, hidden)),)
    if not registers:
        return whole
    return (
        *whole,
        Leading("embeddings.register_tokens", (1, registers, hidden), registers),
    )


def family(
    model_type: str,
    architecture: str,
    describe: Callable[[Config, Size, bool], VisionEncoder],
    *,
    lower: Lowering,
    hidden: int,
    fed: Callable[[Config], Mapping[str, Any]],
    processor: str,
    tiny: Mapping[str, TinyTowers],
    aside: tuple[str, ...] = ("embeddings.mask_token",),
) -> TowerFamily:
    """The record of a model that gives a vector a position; `hidden` is their width where no file says it.

    The third argument of `describe` is whether tensors have the names of later versions of transformers.
    """
    tower = Tower(
        way=Way("forward", "last_hidden_state"),
        aside=aside,
        result="token_embeddings",
        feeds=lambda config: (PIXELS,),
        describe=lambda config, size: describe(config, size, False),
        lower=lower,
        width=lambda config: int(config.get("hidden_size", hidden)),
        fed=fed,
    )
    return TowerFamily(
        model_type=model_type,
        architecture=architecture,
        towers={"image": tower},
        processor=processor,
        judge=judge_tower,
        tiny=tiny,
    )
