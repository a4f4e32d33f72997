"""ColPali (Faysse et al. 2024, arXiv:2407.01449): PaliGemma's vectors of pages and of queries.

SigLIP's patches stand before the words; every position of Gemma sees all others (arXiv:2407.07726).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.families import gemma
from isomorph.encoders.tower import RETRIEVAL, Size, TinyTowers, TowerFamily, Writing
from isomorph.encoders.towers import options_of
from isomorph.encoders.vision.layers import TINY, one_side, only
from isomorph.encoders.vision.page_towers import (
    MODEL,
    TEXT,
    TINY_VISION,
    judge_pages,
    page_towers,
    patches_a_side,
    vision_options,
    width,
)
from isomorph.encoders.vision.pages import PageEncoder
from isomorph.encoders.vision.siglip_towers import SIZE, vision
from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.files.schema import Whole, maybe

_IMAGE = "<image>"
_BUFFERS = 10
"""Tokens of padding behind a query, which the model sees."""


def describe(config: Config, size: Size) -> PageEncoder:
    """Patches of a whole page, then the words."""
    own = vision_options(config)
    reading = describe_text(config)
    grid = only(size, *(one_side(own, name, 0) for name in SIZE))
    return PageEncoder(
        seeing=vision(own, grid, None),
        joined=Linear("multi_modal_projector.linear", own["hidden_size"], _joined(own, reading)),
        reading=reading,
        head=Linear("embedding_proj_layer", reading.hidden, width(config)),
    )


def describe_text(config: Config) -> Encoder:
    """Gemma in both directions; positions begin at 1, which changes no distance."""
    own = options_of(config, TEXT)
    require(own, "model_type", "gemma", "gemma")
    return gemma.describe_both_ways(own)


def _joined(own: Config, reading: Encoder) -> int:
    """What patches become: as wide as words.

    Raises:
        BadModel: they become something else.
    """
    wide = own.get("projection_dim", reading.hidden)
    if wide != reading.hidden:
        raise BadModel(
            f"config.json sets projection_dim={wide}, and words have {reading.hidden} features."
        )
    return reading.hidden


def _writing(config: Config, said: Mapping[str, Any], role: Callable[[str], str]) -> Writing:
    """As transformers' ColPaliProcessor writes."""
    begin, padding = role("bos_token"), role("pad_token")
    asked = said.get("query_prefix", "Question: ")
    told = said.get("visual_prompt_prefix", "Describe the image.")
    model, side = options_of(config, MODEL), patches_a_side(vision_options(config))
    return Writing(
        query=(f"{begin}{asked}", padding * _BUFFERS + "\n"),
        page=("", f"{begin}{told}\n"),
        image=_IMAGE,
        count=side * side,
        number=model.get("image_token_index", model.get("image_token_id")),
    )


_IDS = dict.fromkeys(("image_token_index", "image_token_id"), maybe(Whole(0, limits.WORDS)))
_SHALLOW = {**TINY, "num_hidden_layers": 1}
"""Words that are as large as Gemma's make deep random towers unsteady."""
_PREFIX = ("token_type_ids",)
"""By these transformers' class knows that all words are of the part in which all see each other."""
FAMILY = TowerFamily(
    model_type="colpali",
    architecture="ColPaliForRetrieval",
    towers=page_towers(
        describe,
        aside=("vlm.vision_tower.", "vlm.multi_modal_projector."),
        zeros=_PREFIX,
    ),
    processor="SiglipImageProcessor",
    task=RETRIEVAL,
    writing=_writing,
    judge=partial(judge_pages, own=_IDS),
    tiny={
        "colpali": TinyTowers(
            {
                "embedding_dim": 16,
                MODEL: {
                    "model_type": "paligemma",
                    "projection_dim": 32,
                    "text_config": {**_SHALLOW, **decoders.GROUPED, "model_type": "gemma"},
                    "vision_config": {**TINY_VISION, "projection_dim": 32},
                },
            },
            prefixes={
                "vision_model.": "vlm.vision_tower.",
                "multi_modal_projector.": "vlm.",
                "embedding_proj_layer.": "",
                "": "vlm.language_model.model.",
            },
            tokens={"bos_token": "[CLS]", "image_token": _IMAGE},
            image_option=f"{MODEL}.image_token_index",
        )
    },
)
