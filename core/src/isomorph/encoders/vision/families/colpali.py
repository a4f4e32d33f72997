"""ColPali (Faysse et al. 2024, arXiv:2407.01449): PaliGemma's vectors of pages and of queries.

SigLIP's patches stand before the words; every position of Gemma sees all others (arXiv:2407.07726).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.families import gemma
from isomorph.encoders.seeing.seen import PLACES
from isomorph.encoders.tower import (
    RETRIEVAL,
    Size,
    TinyTowers,
    Tower,
    TowerFamily,
    Way,
    Writing,
)
from isomorph.encoders.towers import options_of
from isomorph.encoders.vision.layers import TINY, judge_tower, one_side, only
from isomorph.encoders.vision.lower import PIXELS
from isomorph.encoders.vision.pages import PageEncoder, lower_page
from isomorph.encoders.vision.siglip_towers import SIZE, seeing_of, vision
from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.files.schema import WIDTH, Whole, judge, maybe
from isomorph.primitives.builder import Ref, Weights

MODEL = "vlm_config"
TEXT, VISION = f"{MODEL}.text_config", f"{MODEL}.vision_config"
_IMAGE = "<image>"
_BUFFERS = 10
"""Tokens of padding behind a query, which the model sees."""


def describe(config: Config, size: Size) -> PageEncoder:
    """Patches of a whole page, then the words."""
    own = seeing_of(options_of(config, VISION), **SIZE)
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


def width(config: Config) -> int:
    """Features of every vector."""
    return int(config.get("embedding_dim", 128))


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
    model, own = options_of(config, MODEL), seeing_of(options_of(config, VISION), **SIZE)
    side = one_side(own, "image_size", 0) // one_side(own, "patch_size", 0)
    return Writing(
        query=(f"{begin}{asked}", padding * _BUFFERS + "\n"),
        page=("", f"{begin}{told}\n"),
        image=_IMAGE,
        count=side * side,
        number=model.get("image_token_index", model.get("image_token_id")),
    )


_IDS = dict.fromkeys(("image_token_index", "image_token_id"), maybe(Whole(0, limits.WORDS)))


def _judge(config: Config, where: str) -> None:
    judge(config, {"embedding_dim": WIDTH}, where)
    judge(options_of(config, MODEL), _IDS, f"{where}: {MODEL}")
    for key in (TEXT, VISION):
        judge_tower(options_of(config, key), f"{where}: {key}")


def _words(config: Config, size: Size) -> PageEncoder:
    """What a query goes through."""
    return replace(describe(config, ()), seeing=None, joined=None)


def _text(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_page(_words(config, size), weights, values)


def _image(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_page(describe(config, size), weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    return {"side": one_side(seeing_of(options_of(config, VISION), **SIZE), "patch_size", 0)}


_TEXTS = ("input_ids", "attention_mask")
_SHALLOW = {**TINY, "num_hidden_layers": 1}
"""Words that are as large as Gemma's make deep random towers unsteady."""
_SEEING = {
    **TINY, "model_type": "siglip_vision_model", "image_size": 32, "patch_size": 8, "projection_dim": 32,
    "vision_use_head": False,
}  # fmt: skip
_WAY = Way("forward", "embeddings")
_PREFIX = ("token_type_ids",)
"""By these transformers' class knows that all words are of the part in which all see each other."""
FAMILIES = (
    TowerFamily(
        model_type="colpali",
        architecture="ColPaliForRetrieval",
        towers={
            "text": Tower(
                way=_WAY,
                aside=("vlm.vision_tower.", "vlm.multi_modal_projector."),
                result="token_embeddings",
                feeds=lambda config: _TEXTS,
                describe=_words,
                lower=_text,
                width=width,
                zeros=_PREFIX,
                options=TEXT,
            ),
            "image": Tower(
                way=_WAY,
                result="token_embeddings",
                feeds=lambda config: (*_TEXTS, PIXELS, PLACES),
                describe=describe,
                lower=_image,
                width=width,
                zeros=_PREFIX,
                options=TEXT,
                fed=_fed,
            ),
        },
        processor="SiglipImageProcessor",
        task=RETRIEVAL,
        writing=_writing,
        judge=_judge,
        tiny={
            "colpali": TinyTowers(
                {
                    "embedding_dim": 16,
                    MODEL: {
                        "model_type": "paligemma",
                        "projection_dim": 32,
                        "text_config": {**_SHALLOW, **decoders.GROUPED, "model_type": "gemma"},
                        "vision_config": _SEEING,
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
    ),
)
