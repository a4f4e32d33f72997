"""Parts that families of towers have in common: pre-norm blocks as CLIP names them, sizes of a grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from isomorph.encoders.config import Config, activation
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Attention, Block, FeedForward, Linear, Norm, Norms, Scale
from isomorph.encoders.names import QUICK_GELU
from isomorph.encoders.options import judge_options
from isomorph.encoders.relations import PlaneRotary
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.schema import (
    FLAG,
    HEADS,
    OBJECT,
    WIDTH,
    Either,
    ListOf,
    Number,
    Schema,
    Whole,
    judge,
    maybe,
)
from isomorph.primitives.builder import Weights

TINY = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
}  # fmt: skip
"""Sizes of small towers for the conformance kit."""
OLDER = "_dict"
"""What stands behind the keys of a tower's options in older files, where those count."""
COLOURS = 3
"""Channels of every image that is fed."""
SIDE = Either((WIDTH, ListOf(WIDTH, 2, 2)))
OPTIONS: Schema = {
    "image_size": SIDE,
    "patch_size": SIDE,
    "num_channels": HEADS,
    "projection_dim": WIDTH,
    "projection_size": WIDTH,
    "num_patches": WIDTH,
    "num_register_tokens": maybe(Whole(0, limits.HEADS)),
    "mlp_ratio": Number(0, limits.HEADS),
    **dict.fromkeys(
        ("qkv_bias", "query_bias", "key_bias", "value_bias", "proj_bias", "mlp_bias"), FLAG
    ),
    **dict.fromkeys(("use_swiglu_ffn", "use_gated_mlp", "vision_use_head"), FLAG),
}
"""Options that towers have beside those of text encoders."""


def judge_tower(config: Config, where: str) -> None:
    """Refuses options that are of a wrong type or out of range.

    Raises:
        BadModel: names the file (`where`) and the option.
        Unsupported: it looks at something else than colours.
    """
    judge(config, OPTIONS, where)
    judge_options(config, where, {})
    if config.get("num_channels", COLOURS) != COLOURS:
        raise Unsupported(
            f"{where} sets num_channels={config['num_channels']}; images are fed as {COLOURS} colours."
        )


def judge_both(*keys: str) -> Callable[[Config, str], None]:
    """What judges a ``config.json`` whose towers have options of their own under `keys`."""

    def judged(config: Config, where: str) -> None:
        judge(config, OPTIONS, where)
        for key in keys:
            judge(config, {f"{key}{OLDER}": maybe(OBJECT)}, where)
            own = config.get(key)
            if not isinstance(own, dict):
                raise BadModel(f"{where} sets {key}={own!r}, which must be an object of options.")
            judge_tower(own, f"{where}: {key}")

    return judged


def settled(config: Config, defaults: Mapping[str, Config]) -> Config:
    """The options with what older files say of towers in ``text_config_dict`` and its like.

    transformers takes all that it knows of a tower from there, and of what is not there its own default,
    whatever the newer place says. `defaults` are those by the newer key.
    """
    found = dict(config)
    for key, known in defaults.items():
        older, newer = config.get(f"{key}{OLDER}"), config.get(key) or {}
        if isinstance(older, Mapping) and isinstance(newer, Mapping):
            found[key] = {**newer, **known, **older}
            del found[f"{key}{OLDER}"]
    return found


def act(config: Config, default: str) -> str:
    """The activation, quick_gelu too, which no encoder of texts alone has."""
    if config.get("hidden_act", default) == QUICK_GELU:
        return QUICK_GELU
    return activation(config, "hidden_act", default)


def grid_of(size: tuple[int, ...], side: int) -> tuple[int, int]:
    """Rows and columns of whole patches in an image of (height, width); what is left over is not seen.

    Raises:
        BadModel: there is none, or more than any model has.
    """
    height, width = size
    if min(size) < side:
        raise BadModel(
            f"The settings of images make them {height} x {width} pixels, less than one patch of "
            f"{side} x {side} (patch_size in config.json)."
        )
    if (height // side) * (width // side) > limits.PATCHES:
        raise BadModel(
            f"The settings of images make them {height} x {width} pixels, more than {limits.PATCHES} patches "
            f"of {side} x {side} (patch_size in config.json)."
        )
    return height // side, width // side


def has_rest(size: tuple[int, ...], side: int) -> bool:
    """Whether patches leave pixels of an image of (height, width) below or on the right."""
    return any(each % side for each in size)


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
            f"The settings of images make them {size[0]} x {size[1]} pixels, and the model takes images of "
            f"{side} x {side} (image_size in config.json)."
        )
    return grid_of((side, side), patch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How a family calls the parts of a pre-norm block; "" where it has no such part."""

    query: str
    key: str
    value: str
    output: str
    before: str
    between: str
    up: str
    down: str
    gate: str = ""
    scale: str = ""
    second_scale: str = ""


def pre_norm_block(
    name: str,
    names: Names,
    *,
    hidden: int,
    heads: int,
    inner: int,
    eps: float,
    kind: str,
    biases: Mapping[str, bool],
    rotary: PlaneRotary | None = None,
) -> Block:
    """A block that normalises what it reads; `biases` say of parts that they have none."""
    head_size(hidden, heads)

    def layer(part: str, inputs: int, outputs: int) -> Linear:
        return Linear(f"{name}{getattr(names, part)}", inputs, outputs, biases.get(part, True))

    def scale(part: str) -> Scale | None:
        own = getattr(names, part)
        return Scale(f"{name}{own}", hidden) if own else None

    query, key, value, output = (
        layer(part, hidden, hidden) for part in ("query", "key", "value", "output")
    )
    gate = layer("gate", hidden, inner) if names.gate else None
    return Block(
        Attention(query, key, value, output, heads, rotary=rotary),
        Norms(before=Norm(f"{name}{names.before}", hidden, eps), scale=scale("scale")),
        FeedForward(layer("up", hidden, inner), layer("down", inner, hidden), kind, gate),
        Norms(before=Norm(f"{name}{names.between}", hidden, eps), scale=scale("second_scale")),
    )


def newer(weights: Weights, old: str) -> bool:
    """Whether tensors have the names that later versions of transformers give; `old` is in older ones."""
    return not any(old in name for name in weights.names)
