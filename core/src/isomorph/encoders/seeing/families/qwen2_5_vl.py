"""Qwen2.5-VL (arXiv:2502.13923): as Qwen2-VL, with a gated tower whose patches mostly see their window."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import FeedForward, Linear
from isomorph.encoders.seeing.description import PackedVision
from isomorph.encoders.seeing.families import qwen2_vl
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

_VISION = {
    "hidden_size": 3584, "out_hidden_size": 3584, "intermediate_size": 3420, "window_size": 112,
    "fullatt_block_indexes": (7, 15, 23, 31), "tokens_per_second": 4,
}  # fmt: skip


def tower(config: Config) -> PackedVision:
    """Blocks as text encoders have them; those of ``fullatt_block_indexes`` see all of an image."""
    own = vision_options(config, _VISION)
    hidden, unit = own["hidden_size"], own["spatial_merge_size"] ** 2
    feed, whole = partial(_feed, own, hidden), own["fullatt_block_indexes"]
    cells = own["window_size"] // own["spatial_merge_size"] // own["patch_size"]
    return PackedVision(
        hidden=hidden,
        patches=cuboids(own, hidden),
        unit=unit,
        blocks=tuple(
            tower_block(own, i, hidden, feed, rms=True, within=i not in whole)
            for i in range(own["depth"])
        ),
        merger=merger(
            f"{PREFIX}merger.",
            tower_norm(f"{PREFIX}merger.ln_q", hidden, rms=True),
            hidden * unit,
            own["out_hidden_size"],
            qwen2_vl.MERGER,
        ),
        window=max(1, cells),
    )


def _feed(own: Mapping[str, Any], hidden: int, name: str) -> FeedForward:
    inner = own["intermediate_size"]
    return FeedForward(
        Linear(f"{name}up_proj", hidden, inner),
        Linear(f"{name}down_proj", inner, hidden),
        act(own, "silu"),
        gate=Linear(f"{name}gate_proj", hidden, inner),
    )


def _pace(config: Config) -> float:
    return float(vision_options(config, _VISION)["tokens_per_second"])


FAMILY = qwen_family(
    "qwen2_5_vl",
    classes="Qwen2_5_VL",
    describe=qwen2_vl.describe,
    tower=tower,
    sections=qwen2_vl.SECTIONS,
    moving=moving("Qwen2VLVideoProcessor", pace=_pace),
    tiny={
        "hidden_size": 24,
        "intermediate_size": 40,
        "out_hidden_size": 32,
        "window_size": 32,
        "fullatt_block_indexes": [1],
    },
)
