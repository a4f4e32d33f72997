"""EVA-02 (Fang et al. 2023, arXiv:2303.11331) as open CLIP models have it: names and formulas of their code.

Blocks are pre-norm with rotary positions on the grid of patches. Keys have no bias. With ``subln`` attention
and feed-forward are normalised inside, before their last layers.
"""

from __future__ import annotations

from isomorph.encoders.config import Config, require
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Attention, Block, FeedForward, Linear, Norm, Norms, Scale
from isomorph.encoders.relations import PlaneRotary
from isomorph.encoders.tower import Size
from isomorph.encoders.vision.description import Leading, Patches, Places, VisionEncoder
from isomorph.encoders.vision.layers import OPTIONS, has_rest, one_side, only
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.schema import FLAG, WIDTH, Number, Schema, Whole, judge, maybe

DEFAULTS = {
    "embed_dim": 768, "width": 768, "image_size": 224, "patch_size": 16, "layers": 12, "head_width": 64,
    "mlp_ratio": 4.0, "ls_init_value": None, "qkv_bias": True, "post_norm": False, "rope_embeddings": False,
    "pt_hw_seq_len": 16, "intp_freq": False, "naive_swiglu": False, "subln": False, "proj_type": None,
}  # fmt: skip
"""Of the published code."""
_OPTIONS: Schema = {
    **dict.fromkeys(("embed_dim", "width", "head_width", "pt_hw_seq_len"), WIDTH),
    **{name: OPTIONS[name] for name in ("image_size", "patch_size")},
    "layers": Whole(0, limits.LAYERS),
    "mlp_ratio": Number(0, limits.HEADS),
    "ls_init_value": maybe(Number(-1e6, 1e6, closed=True)),
    **dict.fromkeys(("qkv_bias", "post_norm", "rope_embeddings", "intp_freq"), FLAG),
    **dict.fromkeys(("naive_swiglu", "subln"), FLAG),
}
_EPS, _PLAIN_EPS = 1e-6, 1e-5
"""Of all norms, and of the one inside a feed-forward without a gate, for which the code leaves it out."""
_BASE = 10_000.0


def judge_eva(config: Config, where: str) -> None:
    """Refuses options that are of a wrong type or out of range.

    Raises:
        BadModel: names the file (`where`) and the option.
    """
    judge(config, _OPTIONS, where)
    own = {**DEFAULTS, **config}
    if own["width"] % own["head_width"]:
        raise BadModel(
            f"{where} sets width={own['width']}, which heads of {own['head_width']} do not fill."
        )


def eva(config: Config, size: Size, projection: Linear | None) -> VisionEncoder:
    """The first position of the last block, normalised, through a head where there is one.

    Args:
        config: the options of the tower.
        size: of the images.
        projection: a layer behind the tower.

    Raises:
        Unsupported: an option has a value that is not implemented.
    """
    own = {**DEFAULTS, **config}
    require(own, "post_norm", False, False)
    hidden = own["width"]
    patch = one_side(own, "patch_size", 0)
    side = one_side(own, "image_size", 0)
    grid, rest = only(size, side, patch), has_rest((side,), patch)
    turning = _turning(own, grid)
    return VisionEncoder(
        hidden=hidden,
        patches=Patches(name="patch_embed.proj", side=patch, width=hidden, rest=rest),
        grid=grid,
        leading=(Leading("cls_token", (1, 1, hidden)),),
        places=Places(
            table="pos_embed",
            shape=(1, 1 + grid[0] * grid[1], hidden),
            rows=grid[0],
            columns=grid[1],
            leading=1,
        ),
        blocks=tuple(_block(own, f"blocks.{index}.", turning) for index in range(own["layers"])),
        first=True,
        first_norm=Norm("norm", hidden, _EPS),
        projection=_head(own, projection),
    )


def _head(own: Config, projection: Linear | None) -> Linear | None:
    """The one layer behind the norm, if any."""
    kind = require(own, "proj_type", None, None, "linear")
    if kind is None:
        if own["embed_dim"] != own["width"]:
            raise Unsupported(
                f"config.json sets embed_dim={own['embed_dim']} and width={own['width']} of vision_config "
                "without proj_type, so that nothing leads from one to the other"
            )
        return projection
    if projection is not None:
        raise Unsupported(
            "config.json sets proj_type='linear' of vision_config and add_projections"
        )
    return Linear("head", own["width"], own["embed_dim"], own["qkv_bias"])


def _turning(own: Config, grid: tuple[int, int]) -> PlaneRotary | None:
    if not own["rope_embeddings"]:
        return None
    steps = own["pt_hw_seq_len"]
    if not own["intp_freq"] and grid != (steps, steps):
        raise Unsupported(
            f"config.json sets pt_hw_seq_len={steps} without intp_freq, and images have {grid[0]} x "
            f"{grid[1]} patches: the published code has no angles for them"
        )
    size = head_size(own["width"], own["width"] // own["head_width"])
    return PlaneRotary(*grid, size, _BASE, leading=1, counted=(steps, steps), interleaved=True)


def _block(own: Config, name: str, turning: PlaneRotary | None) -> Block:
    hidden, learned = own["width"], own["ls_init_value"]
    scales = (
        Scale(f"{name}gamma_{part}", hidden) if learned and learned > 0 else None for part in (1, 2)
    )
    first, second = scales
    return Block(
        _attention(own, f"{name}attn.", turning),
        Norms(before=Norm(f"{name}norm1", hidden, _EPS), scale=first),
        _feed_forward(own, f"{name}mlp."),
        Norms(before=Norm(f"{name}norm2", hidden, _EPS), scale=second),
    )


def _attention(own: Config, name: str, turning: PlaneRotary | None) -> Attention:
    hidden, inside = own["width"], own["subln"]
    added = (f"{name}q_bias", "", f"{name}v_bias") if own["qkv_bias"] else ("", "", "")

    def layer(part: int) -> Linear:
        if inside:
            return Linear(
                f"{name}{'qkv'[part]}_proj", hidden, hidden, bias=False, added=added[part]
            )
        rows = (part * hidden, (part + 1) * hidden)
        return Linear(f"{name}qkv", hidden, hidden, bias=False, rows=rows, added=added[part])

    return Attention(
        layer(0),
        layer(1),
        layer(2),
        Linear(f"{name}proj", hidden, hidden),
        hidden // own["head_width"],
        rotary=turning,
        inner=Norm(f"{name}inner_attn_ln", hidden, _EPS) if inside else None,
    )


def _feed_forward(own: Config, name: str) -> FeedForward:
    hidden, inner = own["width"], int(own["width"] * own["mlp_ratio"])
    eps = _EPS if own["naive_swiglu"] else _PLAIN_EPS
    norm = Norm(f"{name}ffn_ln", inner, eps) if own["subln"] else None
    if own["naive_swiglu"]:
        gate, up = (Linear(f"{name}{part}", hidden, inner) for part in ("w1", "w2"))
        return FeedForward(up, Linear(f"{name}w3", inner, hidden), "silu", gate, norm)
    up, down = Linear(f"{name}fc1", hidden, inner), Linear(f"{name}fc2", inner, hidden)
    return FeedForward(up, down, "gelu", None, norm)
