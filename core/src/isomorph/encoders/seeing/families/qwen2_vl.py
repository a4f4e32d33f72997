"""Qwen2-VL (arXiv:2409.12191): Qwen2 over texts with images, whose patches turn by rows and columns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder, FeedForward, Linear
from isomorph.encoders.families import qwen2
from isomorph.encoders.seeing.description import PackedVision
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

TEXT = {
    **qwen2.DEFAULTS,
    "vocab_size": 152_064,
    "hidden_size": 8192,
    "intermediate_size": 29_568,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1_000_000.0,
    "max_window_layers": 80,
}
SECTIONS = (16, 24, 24)
_VISION = {"embed_dim": 1280, "hidden_size": 3584, "mlp_ratio": 4}
MERGER = ("mlp.0", "mlp.2")
"""The layers of the merger, by their names."""


def describe(config: Config) -> Encoder:
    """The encoder of texts: Qwen2's."""
    return qwen2.describe({**TEXT, **config})


def tower(config: Config) -> PackedVision:
    """Blocks as CLIP has them, whose patches see all of their image."""
    own = vision_options(config, _VISION)
    hidden, unit = own["embed_dim"], own["spatial_merge_size"] ** 2
    feed = partial(_feed, own, hidden, int(hidden * own["mlp_ratio"]))
    return PackedVision(
        hidden=hidden,
        patches=cuboids(own, hidden),
        unit=unit,
        blocks=tuple(tower_block(own, i, hidden, feed) for i in range(own["depth"])),
        merger=merger(
            f"{PREFIX}merger.",
            tower_norm(f"{PREFIX}merger.ln_q", hidden),
            hidden * unit,
            own["hidden_size"],
            MERGER,
        ),
    )


def _feed(own: Mapping[str, Any], hidden: int, inner: int, name: str) -> FeedForward:
    kind = act(own, "quick_gelu")
    return FeedForward(
        Linear(f"{name}fc1", hidden, inner), Linear(f"{name}fc2", inner, hidden), kind
    )


FAMILY = qwen_family(
    "qwen2_vl",
    classes="Qwen2VL",
    describe=describe,
    tower=tower,
    sections=SECTIONS,
    moving=moving("Qwen2VLVideoProcessor"),
    tiny={"embed_dim": 24, "mlp_ratio": 2, "hidden_size": 32},
)
