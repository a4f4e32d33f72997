"""DINOv3 (Siméoni et al. 2025, arXiv:2508.10104): registers, and positions that turn queries and keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Norm
from isomorph.encoders.relations import PlaneRotary
from isomorph.encoders.tower import Size, TinyTowers
from isomorph.encoders.vision import alone
from isomorph.encoders.vision.description import Patches, VisionEncoder
from isomorph.encoders.vision.layers import (
    TINY,
    Names,
    act,
    grid_of,
    has_rest,
    newer,
    one_side,
    pre_norm_block,
)
from isomorph.encoders.vision.lower import lower_vision
from isomorph.primitives.builder import Ref, Weights

_DEFAULTS = {
    "hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 12, "num_attention_heads": 6,
    "image_size": 224, "patch_size": 16, "num_channels": 3, "layer_norm_eps": 1e-5, "rope_theta": 100.0,
    "num_register_tokens": 0, "query_bias": True, "key_bias": False, "value_bias": True,
    "proj_bias": True, "mlp_bias": True, "use_gated_mlp": False,
}  # fmt: skip
_NAMES = Names(
    query="attention.q_proj",
    key="attention.k_proj",
    value="attention.v_proj",
    output="attention.o_proj",
    before="norm1",
    between="norm2",
    up="mlp.up_proj",
    down="mlp.down_proj",
    scale="layer_scale1.lambda1",
    second_scale="layer_scale2.lambda1",
)
_NEW_LAYERS = "model.layer."


def describe(config: Config, size: Size, renamed: bool) -> VisionEncoder:
    """Positions of the whole, of registers and of all patches, normalised."""
    own = {**_DEFAULTS, **config}
    hidden, patch = own["hidden_size"], one_side(own, "patch_size", 0)
    side, registers = one_side(own, "image_size", 0), own["num_register_tokens"] or 0
    grid = grid_of(size or (side, side), patch)
    heads = own["num_attention_heads"]
    turning = PlaneRotary(*grid, hidden // heads, own["rope_theta"], 1 + registers)
    layers = _NEW_LAYERS if renamed else "layer."
    count = own["num_hidden_layers"]
    return VisionEncoder(
        hidden=hidden,
        patches=Patches(
            name="embeddings.patch_embeddings",
            side=patch,
            width=hidden,
            channels=own["num_channels"],
            rest=has_rest(size or (side, side), patch),
        ),
        grid=grid,
        leading=alone.leading(hidden, registers),
        blocks=tuple(_block(own, f"{layers}{index}.", turning) for index in range(count)),
        final_norm=Norm("norm", hidden, own["layer_norm_eps"]),
    )


def _block(own: Config, name: str, turning: PlaneRotary) -> Block:
    gate = "mlp.gate_proj" if own["use_gated_mlp"] else ""
    parts = {"query": "query", "key": "key", "value": "value", "output": "proj"}
    biases = {part: bool(own[f"{option}_bias"]) for part, option in parts.items()}
    return pre_norm_block(
        name,
        replace(_NAMES, gate=gate),
        hidden=own["hidden_size"],
        heads=own["num_attention_heads"],
        inner=own["intermediate_size"],
        eps=own["layer_norm_eps"],
        kind=act(own, "gelu"),
        biases={**biases, **dict.fromkeys(("up", "down", "gate"), bool(own["mlp_bias"]))},
        rotary=turning,
    )


def _lower(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_vision(describe(config, size, not newer(weights, _NEW_LAYERS)), weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    own = {**_DEFAULTS, **config}
    registers = own["num_register_tokens"] or 0
    return {"side": one_side(own, "patch_size", 0), "leading": 1 + registers}


FAMILY = alone.family(
    "dinov3_vit",
    "DINOv3ViTModel",
    describe,
    lower=_lower,
    hidden=384,
    fed=_fed,
    processor="DINOv3ViTImageProcessor",
    tiny={
        "dinov3": TinyTowers(
            {**TINY, "image_size": 32, "patch_size": 8, "num_register_tokens": 2}, (24, 40)
        ),
        "dinov3-gated": TinyTowers(
            {
                **TINY,
                "image_size": 32,
                "patch_size": 16,
                "use_gated_mlp": True,
                "num_register_tokens": 1,
            }
        ),
    },
)
