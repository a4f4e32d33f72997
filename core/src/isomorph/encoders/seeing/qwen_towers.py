"""What the towers of Qwen's models that see have in common, from Qwen2-VL (arXiv:2409.12191) to Qwen3-VL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from isomorph.encoders.config import Config, activation
from isomorph.encoders.consistency import head_size
from isomorph.encoders.decoders import GROUPED
from isomorph.encoders.description import (
    Attention,
    Block,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Norms,
)
from isomorph.encoders.names import QUICK_GELU
from isomorph.encoders.seeing.axes import AXES, of_a_grid, scheme_of, turned_by_axes
from isomorph.encoders.seeing.description import Cuboids, Merger, PackedVision
from isomorph.encoders.seeing.family import Layout, Moving, Retrieving, Seeing
from isomorph.encoders.seeing.packed import lower_packed, packed_feeds
from isomorph.encoders.seeing.seen import Seen
from isomorph.encoders.vision.layers import COLOURS
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.schema import HEADS, LAYERS, TEXT, WIDTH, ListOf, Number, Schema, Whole, judge
from isomorph.primitives.builder import Ref, Weights

VISION = "vision_config"
PREFIX = "visual."
_EPS = 1e-6
"""Of every norm of these towers, whatever a file says."""
_OPTIONS: Schema = {
    **dict.fromkeys(("hidden_size", "embed_dim", "out_hidden_size", "intermediate_size"), WIDTH),
    **dict.fromkeys(("depth",), LAYERS),
    **dict.fromkeys(("num_heads", "spatial_merge_size", "temporal_patch_size"), HEADS),
    **dict.fromkeys(("in_channels", "in_chans"), HEADS),
    **dict.fromkeys(("patch_size", "window_size"), Whole(1, limits.SIDE_FED)),
    "num_position_embeddings": Whole(1, limits.PATCHES),
    "mlp_ratio": Number(0, limits.HEADS),
    "tokens_per_second": Number(0, limits.POSITIONS),
    "hidden_act": TEXT,
    **dict.fromkeys(
        ("fullatt_block_indexes", "deepstack_visual_indexes"), ListOf(Whole(0, limits.LAYERS))
    ),
}
_IDS = Whole(0, limits.WORDS)
_COMMON: Mapping[str, Any] = {
    "depth": 32, "num_heads": 16, "patch_size": 14, "spatial_merge_size": 2,
    "temporal_patch_size": 2, "in_channels": COLOURS,
}  # fmt: skip


def tiny_options(**tower: Any) -> dict[str, Any]:
    """Options of a small model, whose tower has these beside its sizes."""
    scheme = {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10_000.0}
    sizes = {"depth": 2, "num_heads": 3, "patch_size": 8}
    return {"text_config": {**GROUPED, "rope_parameters": scheme}, VISION: {**sizes, **tower}}


def judge_vision(config: Config, where: str) -> None:
    """Refuses options of the tower that are of a wrong type or out of range.

    Raises:
        BadModel: names the file and the option.
    """
    own = config.get(VISION)
    if not isinstance(own, dict):
        raise BadModel(f"{where} sets {VISION}={own!r}, which must be an object of options.")
    judge(own, _OPTIONS, f"{where}: {VISION}")
    judge(config, {"image_token_id": _IDS, "video_token_id": _IDS}, where)


def vision_options(config: Config, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the tower over the defaults of its family.

    Raises:
        Unsupported: it reads other images than those of three colours.
    """
    own = {**_COMMON, **defaults, **config[VISION]}
    channels = own.get("in_chans", own["in_channels"])
    if channels != COLOURS:
        raise Unsupported(
            f"config.json sets in_channels={channels} of {VISION}; images are fed as {COLOURS} colours"
        )
    return own


def cuboids(own: Mapping[str, Any], width: int, bias: bool = False) -> Cuboids:
    """The patches of a tower."""
    return Cuboids(
        name=f"{PREFIX}patch_embed.proj",
        side=own["patch_size"],
        frames=own["temporal_patch_size"],
        width=width,
        bias=bias,
    )


def tower_block(
    own: Mapping[str, Any],
    index: int,
    hidden: int,
    feed: Callable[[str], FeedForward],
    *,
    rms: bool = False,
    within: bool = False,
) -> Block:
    """A pre-norm block; query, key and value are one layer. `feed` gives the feed-forward by its name."""
    name, heads = f"{PREFIX}blocks.{index}.", own["num_heads"]
    size = head_size(hidden, heads)
    if size % 4:
        raise BadModel(f"config.json: heads of {size} features do not turn along two axes.")
    query, key, value = (
        Linear(f"{name}attn.qkv", hidden, hidden, rows=(part * hidden, (part + 1) * hidden))
        for part in range(3)
    )
    output = Linear(f"{name}attn.proj", hidden, hidden)
    return Block(
        Attention(query, key, value, output, heads, rotary=of_a_grid(size), within=within),
        Norms(before=tower_norm(f"{name}norm1", hidden, rms)),
        feed(f"{name}mlp."),
        Norms(before=tower_norm(f"{name}norm2", hidden, rms)),
    )


def tower_norm(name: str, size: int, rms: bool = False) -> Norm:
    """One of a tower's norms."""
    return Norm(name, size, _EPS, bias=not rms, kind="rms" if rms else "layer")


def merger(name: str, norm: Norm, wide: int, features: int, parts: tuple[str, str]) -> Merger:
    """What makes one vector of several patches; `parts` are the names of its layers."""
    up, down = parts
    return Merger(
        norm=norm,
        up=Linear(f"{name}{up}", wide, wide),
        down=Linear(f"{name}{down}", wide, features),
    )


def act(own: Mapping[str, Any], default: str) -> str:
    """The activation, quick_gelu too."""
    named = own.get("hidden_act", default)
    return QUICK_GELU if named == QUICK_GELU else activation(own, "hidden_act", default)


def seeing(
    *,
    text: Callable[[Config], Encoder],
    options: Callable[[Config], Config],
    tower: Callable[[Config], PackedVision],
    sections: tuple[int, int, int] | None = None,
    interleaved: bool = False,
    inside: Callable[[Config], Config] = lambda config: config,
    retrieving: Retrieving | None = None,
    moving: Moving | None = None,
) -> Seeing:
    """The record of a family.

    `sections` are what ``mrope_section`` is where a file says nothing; None: positions are those
    of other texts. `inside` gives the options of the model that sees, where a file holds them within others.
    """

    def turned(config: Config) -> Encoder:
        if sections is None:
            return text(options(config))
        scheme = scheme_of(config)
        found = scheme.get("mrope_section", list(sections))
        return turned_by_axes(text(options(config)), found, interleaved)

    def lower(config: Config, weights: Weights, values: Mapping[str, Ref]) -> Seen:
        return lower_packed(tower(config), weights, values)

    return Seeing(
        layout=Layout(
            token=lambda config: _token_of("image", inside(config)),
            axes=0 if sections is None else len(AXES),
            moving=moving,
        ),
        text=turned,
        tower=tower,
        feeds=lambda config: packed_feeds(tower(config)),
        lower=lower,
        processor="Qwen2VLImageProcessor",
        retrieving=retrieving,
        judge=lambda config, where: judge_vision(inside(config), where),
    )


def moving(
    processor: str, *, written: bool = False, pace: Callable[[Config], float | None] | None = None
) -> Moving:
    """How videos stand among the tokens of a family; see `Moving`."""
    return Moving(
        token=partial(_token_of, "video"),
        processor=processor,
        written=written,
        pace=pace or (lambda config: None),
    )


def _token_of(kind: str, config: Config) -> int:
    found = config.get(f"{kind}_token_id")
    if found is None:
        raise BadModel(f"config.json names no {kind}_token_id, which stands for {kind}s in texts.")
    return int(found)
