"""What families of pages have in common: a tower of queries and one of pages, over one set of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.seeing.seen import PLACES
from isomorph.encoders.tower import Size, Tower, Way
from isomorph.encoders.towers import options_of
from isomorph.encoders.vision.layers import TINY, judge_tower, one_side
from isomorph.encoders.vision.lower import PIXELS
from isomorph.encoders.vision.pages import PageEncoder, lower_page
from isomorph.encoders.vision.siglip_towers import SIZE, seeing_of
from isomorph.files.schema import WIDTH, Schema, judge
from isomorph.primitives.builder import Ref, Weights

MODEL = "vlm_config"
TEXT = f"{MODEL}.text_config"
TINY_VISION = {
    **TINY, "model_type": "siglip_vision_model", "image_size": 32, "patch_size": 8,
    "vision_use_head": False,
}  # fmt: skip
"""Options of a small tower that sees."""
_TEXTS = ("input_ids", "attention_mask")


def width(config: Config) -> int:
    """Features of every vector."""
    return int(config.get("embedding_dim", 128))


def vision_options(config: Config, inside: str = MODEL, **defaults: Any) -> dict[str, Any]:
    """The options of the tower that sees, over `defaults` and SigLIP's; the model's lie under `inside`."""
    return seeing_of(options_of(config, under(inside, "vision_config")), **SIZE, **defaults)


def under(inside: str, key: str) -> str:
    """The key of options of the model inside, whose own key may be ""."""
    return f"{inside}.{key}" if inside else key


def patches_a_side(own: Mapping[str, Any]) -> int:
    """Patches along each side of an image, by the options of the tower that sees."""
    return one_side(own, "image_size", 0) // one_side(own, "patch_size", 0)


def judge_pages(config: Config, where: str, own: Schema, inside: str = MODEL) -> None:
    """Refuses options of a wrong type or out of range; `own` are those of the model inside.

    Raises:
        BadModel: names the file and the option.
    """
    judge(config, {"embedding_dim": WIDTH}, where)
    judge(options_of(config, inside), own, f"{where}: {inside}" if inside else where)
    for key in (under(inside, "text_config"), under(inside, "vision_config")):
        judge_tower(options_of(config, key), f"{where}: {key}")


def page_towers(
    describe: Callable[[Config, Size], PageEncoder],
    *,
    aside: tuple[str, ...],
    zeros: tuple[str, ...] = (),
    inside: str = MODEL,
    features: Callable[[Config], int] = width,
) -> Mapping[str, Tower]:
    """The towers of a family.

    Args:
        describe: a page, by the options and the size of an image.
        aside: as of `Tower`, of queries.
        zeros: as of `Tower`.
        inside: the key under which the options of the model stand; "" where it is the file itself.
        features: how many features a vector has.
    """

    def query(config: Config, size: Size) -> PageEncoder:
        return replace(describe(config, ()), seeing=None, joined=None)

    def tower(shape: Callable[[Config, Size], PageEncoder], **more: Any) -> Tower:
        def lower(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
            return lower_page(shape(config, size), weights, values)

        return Tower(
            way=Way("forward", "embeddings"),
            result="token_embeddings",
            describe=shape,
            lower=lower,
            width=features,
            zeros=zeros,
            options=under(inside, "text_config"),
            **more,
        )

    return {
        "text": tower(query, feeds=lambda config: _TEXTS, aside=aside),
        "image": tower(
            describe,
            feeds=lambda config: (*_TEXTS, PIXELS, PLACES),
            fed=lambda config: {"side": one_side(vision_options(config, inside), "patch_size", 0)},
        ),
    }
