"""Parts that families of towers have in common: pre-norm blocks as CLIP names them, sizes of a grid."""

from __future__ import annotations

from collections.abc import Callable

from isomorph.encoders.config import Config, activation
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Attention, Block, FeedForward, Linear, Norm, Norms
from isomorph.encoders.names import QUICK_GELU
from isomorph.encoders.options import judge_options
from isomorph.errors import BadModel
from isomorph.files.schema import HEADS, WIDTH, Either, ListOf, Schema, judge, maybe

SIDE = Either((WIDTH, ListOf(WIDTH, 2, 2)))
OPTIONS: Schema = {
    "image_size": SIDE,
    "patch_size": SIDE,
    "num_channels": HEADS,
    "projection_dim": WIDTH,
    "projection_size": WIDTH,
    "num_patches": WIDTH,
    "num_register_tokens": maybe(HEADS),
}
"""Options that towers have beside those of text encoders."""


def judge_tower(config: Config, where: str) -> None:
    """Refuses options that are of a wrong type or out of range.

    Raises:
        BadModel: names the file (`where`) and the option.
    """
    judge(config, OPTIONS, where)
    judge_options(config, where, {})


def judge_both(*keys: str) -> Callable[[Config, str], None]:
    """What judges a ``config.json`` whose towers have options of their own under `keys`."""

    def judged(config: Config, where: str) -> None:
        judge(config, OPTIONS, where)
        for key in keys:
            own = config.get(key)
            if not isinstance(own, dict):
                raise BadModel(f"{where} sets {key}={own!r}, which must be an object of options.")
            judge_tower(own, f"{where}: {key}")

    return judged


def act(config: Config, default: str) -> str:
    """The activation, quick_gelu too, which no encoder of texts alone has."""
    if config.get("hidden_act", default) == QUICK_GELU:
        return QUICK_GELU
    return activation(config, "hidden_act", default)


def grid_of(size: tuple[int, ...], side: int) -> tuple[int, int]:
    """Rows and columns of patches of an image of (height, width).

    Raises:
        BadModel: patches do not fill it.
    """
    height, width = size
    if height % side or width % side or not height or not width:
        raise BadModel(
            f"The image processor makes images of {height} x {width} pixels, which patches of {side} x "
            f"{side} do not fill."
        )
    return height // side, width // side


def one_side(config: Config, option: str, default: int) -> int:
    """A size that must be the same in both directions.

    Raises:
        BadModel: it is not.
    """
    value = config.get(option, default)
    if isinstance(value, list):
        if value[0] != value[1]:
            raise BadModel(f"config.json sets {option}={value}; only squares are implemented.")
        return int(value[0])
    return int(value)


def only(size: tuple[int, ...], side: int, patch: int) -> tuple[int, int]:
    """The grid of a tower that takes images of one size alone.

    Raises:
        BadModel: the image processor makes others.
    """
    if size and size != (side, side):
        raise BadModel(
            f"The image processor makes images of {size[0]} x {size[1]} pixels, and the model takes images "
            f"of {side} x {side} (image_size)."
        )
    return grid_of((side, side), patch)


def clip_block(config: Config, name: str, *, eps: float, kind: str, causal: bool = False) -> Block:
    """A pre-norm block under the names that CLIP gave its parts, and SigLIP kept."""
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    inner, own = config["intermediate_size"], f"{name}self_attn."
    head_size(hidden, heads)
    query, key, value, output = (
        Linear(f"{own}{part}", hidden, hidden)
        for part in ("q_proj", "k_proj", "v_proj", "out_proj")
    )
    return Block(
        Attention(query, key, value, output, heads, causal=causal),
        Norms(before=Norm(f"{name}layer_norm1", hidden, eps)),
        FeedForward(
            Linear(f"{name}mlp.fc1", hidden, inner), Linear(f"{name}mlp.fc2", inner, hidden), kind
        ),
        Norms(before=Norm(f"{name}layer_norm2", hidden, eps)),
    )
