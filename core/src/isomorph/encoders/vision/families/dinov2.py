"""DINOv2 (Oquab et al. 2023, arXiv:2304.07193), also with registers (Darcet et al., arXiv:2309.16588)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, FeedForward, Linear, Norm
from isomorph.encoders.tower import Size, TinyTowers, TowerFamily
from isomorph.encoders.vision import alone
from isomorph.encoders.vision.description import Patches, Places, VisionEncoder
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
    "hidden_size": 768, "mlp_ratio": 4, "num_hidden_layers": 12, "num_attention_heads": 12,
    "image_size": 224, "patch_size": 14, "num_channels": 3, "layer_norm_eps": 1e-6, "qkv_bias": True,
    "num_register_tokens": 4,
}  # fmt: skip
_TINY = {**TINY, "mlp_ratio": 2, "patch_size": 8}
_OLD = Names(
    query="attention.attention.query",
    key="attention.attention.key",
    value="attention.attention.value",
    output="attention.output.dense",
    before="norm1",
    between="norm2",
    up="mlp.fc1",
    down="mlp.fc2",
    scale="layer_scale1.lambda1",
    second_scale="layer_scale2.lambda1",
)
_NEW = replace(
    _OLD,
    query="attention.q_proj",
    key="attention.k_proj",
    value="attention.v_proj",
    output="attention.o_proj",
)
_OLD_LAYERS = "encoder.layer."
_REGISTERS = "dinov2_with_registers"


def describe(config: Config, size: Size, renamed: bool) -> VisionEncoder:
    """Positions of the whole, of registers and of all patches; those of other sizes are interpolated."""
    own = {**_DEFAULTS, **config}
    hidden, patch = own["hidden_size"], one_side(own, "patch_size", 0)
    side = one_side(own, "image_size", 0) // patch
    registers = own["num_register_tokens"] if _registered(own) else 0
    return VisionEncoder(
        hidden=hidden,
        patches=Patches(
            name="embeddings.patch_embeddings.projection",
            side=patch,
            width=hidden,
            channels=own["num_channels"],
            rest=has_rest(size, patch),
        ),
        grid=grid_of(size, patch) if size else (side, side),
        leading=alone.leading(hidden, registers),
        places=Places(
            table="embeddings.position_embeddings",
            shape=(1, 1 + side * side, hidden),
            rows=side,
            columns=side,
            leading=1,
            antialiased=_registered(own),
        ),
        blocks=tuple(_block(own, i, renamed) for i in range(own["num_hidden_layers"])),
        final_norm=Norm("layernorm", hidden, own["layer_norm_eps"]),
    )


def _block(own: Config, index: int, renamed: bool) -> Block:
    layers, names = ("layers.", _NEW) if renamed else (_OLD_LAYERS, _OLD)
    name = f"{layers}{index}."
    found = pre_norm_block(
        name,
        names,
        hidden=own["hidden_size"],
        heads=own["num_attention_heads"],
        inner=int(own["hidden_size"] * own["mlp_ratio"]),
        eps=own["layer_norm_eps"],
        kind=act(own, "gelu"),
        biases=dict.fromkeys(("query", "key", "value"), bool(own["qkv_bias"])),
    )
    if not own.get("use_swiglu_ffn"):
        return found
    return replace(found, feed_forward=_gated(own, f"{name}mlp.", renamed))


def _gated(own: Config, name: str, renamed: bool) -> FeedForward:
    """SwiGLU of two thirds of the units, in eights; older files hold gate and input above each other."""
    hidden = own["hidden_size"]
    inner = (int(int(hidden * own["mlp_ratio"]) * 2 / 3) + 7) // 8 * 8
    if renamed:
        gate, up = (Linear(f"{name}{part}_proj", hidden, inner) for part in ("gate", "up"))
        return FeedForward(up, Linear(f"{name}down_proj", inner, hidden), "silu", gate)
    both = f"{name}weights_in"
    gate, up = (
        Linear(both, hidden, inner, rows=(part * inner, (part + 1) * inner)) for part in (0, 1)
    )
    return FeedForward(up, Linear(f"{name}weights_out", inner, hidden), "silu", gate)


def _registered(config: Config) -> bool:
    return config.get("model_type") == _REGISTERS


def _lower(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_vision(describe(config, size, newer(weights, _OLD_LAYERS)), weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    own = {**_DEFAULTS, **config}
    registers = own["num_register_tokens"] if _registered(own) else 0
    return {"side": one_side(own, "patch_size", 0), "leading": 1 + registers}


def _family(model_type: str, architecture: str, tiny: Mapping[str, TinyTowers]) -> TowerFamily:
    return alone.family(
        model_type,
        architecture,
        describe,
        lower=_lower,
        hidden=768,
        fed=_fed,
        processor="BitImageProcessor",
        tiny=tiny,
    )


FAMILY = _family(
    "dinov2",
    "Dinov2Model",
    {
        "dinov2": TinyTowers({**_TINY, "image_size": 32}),
        "dinov2-other-size": TinyTowers({**_TINY, "image_size": 48}, (32, 40)),
        "dinov2-gated": TinyTowers({**_TINY, "image_size": 32, "use_swiglu_ffn": True}),
    },
)
WITH_REGISTERS = _family(
    _REGISTERS,
    "Dinov2WithRegistersModel",
    {
        "dinov2-registers": TinyTowers(
            {**_TINY, "image_size": 48, "num_register_tokens": 3}, (40, 32)
        )
    },
)
