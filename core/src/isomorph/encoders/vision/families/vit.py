"""ViT (Dosovitskiy et al. 2020, arXiv:2010.11929): a vector a patch, behind one of the whole picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Norm
from isomorph.encoders.tower import Size, TinyTowers
from isomorph.encoders.vision import alone
from isomorph.encoders.vision.description import Patches, Places, VisionEncoder
from isomorph.encoders.vision.layers import (
    TINY,
    Names,
    act,
    has_rest,
    newer,
    one_side,
    only,
    pre_norm_block,
)
from isomorph.encoders.vision.lower import lower_vision
from isomorph.primitives.builder import Ref, Weights

_DEFAULTS = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
    "image_size": 224, "patch_size": 16, "num_channels": 3, "layer_norm_eps": 1e-12, "qkv_bias": True,
}  # fmt: skip
_OLD = Names(
    query="attention.attention.query",
    key="attention.attention.key",
    value="attention.attention.value",
    output="attention.output.dense",
    before="layernorm_before",
    between="layernorm_after",
    up="intermediate.dense",
    down="output.dense",
)
_NEW = replace(
    _OLD,
    query="attention.q_proj",
    key="attention.k_proj",
    value="attention.v_proj",
    output="attention.o_proj",
    up="mlp.fc1",
    down="mlp.fc2",
)
_OLD_LAYERS = "encoder.layer."


def describe(config: Config, size: Size, renamed: bool) -> VisionEncoder:
    """Positions of the whole and of all patches, normalised."""
    own = {**_DEFAULTS, **config}
    hidden, patch = own["hidden_size"], one_side(own, "patch_size", 0)
    rows, columns = only(size, one_side(own, "image_size", 0), patch)
    layers, names = ("layers.", _NEW) if renamed else (_OLD_LAYERS, _OLD)
    biases = dict.fromkeys(("query", "key", "value"), bool(own["qkv_bias"]))
    blocks = (
        pre_norm_block(
            f"{layers}{index}.",
            names,
            hidden=hidden,
            heads=own["num_attention_heads"],
            inner=own["intermediate_size"],
            eps=own["layer_norm_eps"],
            kind=act(own, "gelu"),
            biases=biases,
        )
        for index in range(own["num_hidden_layers"])
    )
    return VisionEncoder(
        hidden=hidden,
        patches=Patches(
            name="embeddings.patch_embeddings.projection",
            side=patch,
            width=hidden,
            channels=own["num_channels"],
            rest=has_rest((one_side(own, "image_size", 0),), patch),
        ),
        grid=(rows, columns),
        leading=alone.leading(hidden),
        places=Places(
            table="embeddings.position_embeddings",
            shape=(1, 1 + rows * columns, hidden),
            rows=rows,
            columns=columns,
            leading=1,
        ),
        blocks=tuple(blocks),
        final_norm=Norm("layernorm", hidden, own["layer_norm_eps"]),
    )


def _lower(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    found = describe(config, size, newer(weights, _OLD_LAYERS))
    return lower_vision(found, weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    return {"side": one_side({**_DEFAULTS, **config}, "patch_size", 0), "leading": 1}


FAMILY = alone.family(
    "vit",
    "ViTModel",
    describe,
    lower=_lower,
    hidden=768,
    fed=_fed,
    processor="ViTImageProcessor",
    aside=(),
    tiny={"vit": TinyTowers({**TINY, "image_size": 32, "patch_size": 8})},
)
