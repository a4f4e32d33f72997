"""Nomic Embed Vision (Nussbaum et al. 2024, arXiv:2406.18587): pictures in the space of Nomic's texts.

Blocks are EVA-02's (arXiv:2303.11331), whose gated feed-forward is normalised inside; a learned query
reads the last ones. The code is not part of transformers: formulas and names are those that it published.
The vector of a picture is that of the first position.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.config import Config, require
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Attention, Block, FeedForward, Linear, Norm, Norms
from isomorph.encoders.families.nomic_bert import GATED
from isomorph.encoders.relations import PlaneRotary
from isomorph.encoders.tower import Size, TinyTowers, Tower, TowerFamily, Way
from isomorph.encoders.vision.description import Leading, Patches, Places, Selector, VisionEncoder
from isomorph.encoders.vision.layers import has_rest, judge_tower, only
from isomorph.encoders.vision.lower import PIXELS, lower_vision
from isomorph.errors import BadModel
from isomorph.files.schema import FLAG, WIDTH, ListOf, Number, Schema, judge, maybe
from isomorph.primitives.builder import Ref, Weights

_DEFAULTS = {
    "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": 2048, "img_size": 224, "patch_size": 16,
    "num_channels": 3, "layer_norm_epsilon": 1e-6, "qkv_proj_bias": True, "mlp_fc1_bias": True,
    "mlp_fc2_bias": True, "norm_mlp": False, "activation_function": "swiglu",
}  # fmt: skip
FIXED = {
    "prenorm": True,
    "causal": False,
    "parallel_block": False,
    "layer_scale": False,
    "use_rms_norm": False,
    "rotary_emb_fraction": 0,
    "use_rotary_pos_emb": True,
    "use_pos_embed": True,
    "learned_pos_embedding": False,
    "sinusoidal_pos_embedding": False,
    "no_cls_token": False,
    "no_embed_class": False,
    "register_tokens": 0,
    "mask_token": False,
    "patch_embed_bias": True,
    "global_pool": None,
    "num_heads_kv": None,
}
"""Options that have one value here."""
_OPTIONS: Schema = {
    "img_size": WIDTH,
    "n_inner": Number(1, 1 << 20),
    "ref_feat_shape": maybe(ListOf(WIDTH, 2, 2)),
    "norm_mlp": FLAG,
}
_OF_256 = 256
"""Units of a gated feed-forward are a multiple of it."""
_EPS = 1e-5
"""Of the norm inside a feed-forward, whatever is set for the others."""
_BASE = 10_000.0


def describe(config: Config, size: Size) -> VisionEncoder:
    """The class position and all patches, each with what the learned query sees.

    Raises:
        Unsupported: an option has a value that is not implemented.
    """
    for option, value in FIXED.items():
        require(config, option, value, value)
    own = {**_DEFAULTS, **config}
    hidden, patch = own["n_embd"], own["patch_size"]
    grid = only(size, own["img_size"], patch)
    steps = own.get("ref_feat_shape") or grid
    turning = PlaneRotary(
        *grid,
        head_size(hidden, own["n_head"]),
        _BASE,
        leading=1,
        counted=(steps[0], steps[1]),
        interleaved=True,
    )
    return VisionEncoder(
        hidden=hidden,
        patches=Patches(
            name="embeddings.proj",
            side=patch,
            width=hidden,
            channels=own["num_channels"],
            flat=True,
            rest=has_rest((own["img_size"],), patch),
        ),
        grid=grid,
        leading=(Leading("embeddings.cls_token", (1, 1, hidden)),),
        places=Places(
            table="embeddings.pos_embed",
            shape=(1, 1 + grid[0] * grid[1], hidden),
            rows=grid[0],
            columns=grid[1],
            leading=1,
        ),
        blocks=tuple(_block(own, f"layers.{index}.", turning) for index in range(own["n_layer"])),
        selector=_selector(own),
    )


def _block(own: Config, name: str, turning: PlaneRotary) -> Block:
    hidden, eps, bias = own["n_embd"], own["layer_norm_epsilon"], own["qkv_proj_bias"]
    query, key, value = (
        Linear(f"{name}attn.Wqkv", hidden, hidden, bias, (part * hidden, (part + 1) * hidden))
        for part in range(3)
    )
    output = Linear(f"{name}attn.out_proj", hidden, hidden, bias)
    return Block(
        Attention(query, key, value, output, own["n_head"], rotary=turning),
        Norms(before=Norm(f"{name}norm1", hidden, eps)),
        _feed_forward(own, f"{name}mlp.", own["norm_mlp"]),
        Norms(before=Norm(f"{name}norm2", hidden, eps)),
    )


def _feed_forward(own: Config, name: str, normed: bool) -> FeedForward:
    hidden, first, second = own["n_embd"], own["mlp_fc1_bias"], own["mlp_fc2_bias"]
    kind = require(own, "activation_function", "swiglu", *GATED)
    inner = -(-int(own["n_inner"]) // _OF_256) * _OF_256
    up, gate = (Linear(f"{name}{part}", hidden, inner, first) for part in ("fc11", "fc12"))
    down = Linear(f"{name}fc2", inner, hidden, second)
    norm = Norm(f"{name}norm", inner, _EPS) if normed else None
    return FeedForward(up, down, GATED[kind], gate, norm)


def _selector(own: Config) -> Selector:
    name, hidden, bias = "selector.", own["n_embd"], own["qkv_proj_bias"]
    key, value = (
        Linear(f"{name}attn.Wkv", hidden, hidden, bias, (part * hidden, (part + 1) * hidden))
        for part in range(2)
    )
    return Selector(
        latent=f"{name}attn.latent",
        query=Linear(f"{name}attn.Wq", hidden, hidden, bias),
        key=key,
        value=value,
        output=Linear(f"{name}attn.out_proj", hidden, hidden, bias),
        heads=own["n_head"],
        norm=Norm(f"{name}norm1", hidden, own["layer_norm_epsilon"]),
        feed_forward=_feed_forward(own, f"{name}mlp.", normed=False),
    )


def _judge(config: Config, where: str) -> None:
    judge(config, _OPTIONS, where)
    judge_tower({**config, "n_inner": None}, where)
    if type(config.get("patch_size", 16)) is not int:
        raise BadModel(
            f"{where} sets patch_size={config['patch_size']!r}, which must be one number."
        )


def _lower(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_vision(describe(config, size), weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    return {"side": {**_DEFAULTS, **config}["patch_size"], "leading": 1}


FAMILY = TowerFamily(
    model_type="nomic_bert",
    architecture="NomicVisionModel",
    named=True,
    published=("nomic-ai/nomic-bert-2048--", "modeling_hf_nomic_bert.", "configuration_hf_nomic_bert."),
    pooling="cls",
    towers={
        "image": Tower(
            way=Way("forward", "last_hidden_state"),
            result="token_embeddings",
            feeds=lambda config: (PIXELS,),
            describe=describe,
            lower=_lower,
            width=lambda config: int(config.get("n_embd", 768)),
            fed=_fed,
        )
    },
    processor="CLIPImageProcessor",
    judge=_judge,
    tiny={
        "nomic-vision": TinyTowers(
            {
                "n_embd": 32, "n_layer": 2, "n_head": 4, "n_inner": 48.0, "img_size": 32,
                "patch_size": 8, "ref_feat_shape": [3, 3], "norm_mlp": True,
            }
        )
    },
)  # fmt: skip
