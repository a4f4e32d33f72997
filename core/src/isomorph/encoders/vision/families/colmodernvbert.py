"""ColModernVBERT (Teiletche et al. 2025, arXiv:2510.01149): SigLIP's patches of tiles, read by ModernBERT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Linear
from isomorph.encoders.families import modernbert
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
from isomorph.files.schema import WIDTH, Whole, judge
from isomorph.primitives.builder import Ref, Weights

MODEL = "vlm_config"
TEXT, VISION = f"{MODEL}.text_config", f"{MODEL}.vision_config"
_IMAGE, _FAKE, _WHOLE, _END = (
    *("<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>"),
)
_ASKED = f"<|begin_of_text|>User:{_IMAGE}Describe the image.{_END}\nAssistant:"
_BUFFERS = 10
"""Tokens behind a query, which the model sees."""
_OPTIONS = {
    "image_token_id": Whole(0, limits.WORDS),
    "pixel_shuffle_factor": Whole(1, limits.HEADS),
}


def describe(config: Config, size: Size) -> PageEncoder:
    """Squares of patches of each tile, among the words."""
    own = seeing_of(options_of(config, VISION), **SIZE)
    reading = modernbert.describe(_words(config))
    square, hidden = _square(config), own["hidden_size"]
    grid = only(size, *(one_side(own, name, 0) for name in SIZE))
    if grid[0] % square:
        raise BadModel(
            f"config.json sets pixel_shuffle_factor={square}, which does not divide {grid[0]} patches."
        )
    joined = Linear("connector.modality_projection", hidden * square**2, reading.hidden, bias=False)
    return PageEncoder(
        reading=reading,
        head=Linear("embedding_proj_layer", reading.hidden, width(config)),
        seeing=vision(own, grid, None),
        joined=joined,
        square=square,
        tiled=True,
    )


def width(config: Config) -> int:
    """Features of every vector."""
    return int(config.get("embedding_dim", 128))


def _words(config: Config) -> Config:
    own = options_of(config, TEXT)
    require(own, "model_type", "modernbert", "modernbert")
    return own


def _square(config: Config) -> int:
    return int(options_of(config, MODEL).get("pixel_shuffle_factor", 4))


def _writing(config: Config, said: Mapping[str, Any], role: Callable[[str], str]) -> Writing:
    """As transformers' ColModernVBertProcessor writes queries and pages (process_queries, process_images)."""
    before, image, behind = said.get("visual_prompt_prefix", _ASKED).partition(_IMAGE)
    if not image or _IMAGE in behind:
        raise BadModel(
            f"visual_prompt_prefix must hold {_IMAGE} once, in whose place a page stands."
        )
    own = seeing_of(options_of(config, VISION), **SIZE)
    side = one_side(own, "image_size", 0) // one_side(own, "patch_size", 0) // _square(config)
    if said.get("image_seq_len", side * side) != side * side:
        raise BadModel(
            f"The processor writes {said['image_seq_len']} tokens for each tile (image_seq_len), and the "
            f"model makes {side * side} vectors of it."
        )
    return Writing(
        query=(said.get("query_prefix", ""), _END * _BUFFERS),
        page=(before, behind),
        image=_IMAGE,
        count=side * side,
        number=options_of(config, MODEL).get("image_token_id", 50407),
        special=True,
        tile=f"{_FAKE}<row_{{row}}_col_{{column}}>",
        whole=(f"{_FAKE}{_WHOLE}", _FAKE),
    )


def _judge(config: Config, where: str) -> None:
    judge(config, {"embedding_dim": WIDTH}, where)
    judge(options_of(config, MODEL), _OPTIONS, f"{where}: {MODEL}")
    for key in (TEXT, VISION):
        judge_tower(options_of(config, key), f"{where}: {key}")


def _query(config: Config, size: Size) -> PageEncoder:
    """What a query goes through."""
    return replace(describe(config, ()), seeing=None, joined=None)


def _text(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_page(_query(config, size), weights, values)


def _image(config: Config, size: Size, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    return lower_page(describe(config, size), weights, values)


def _fed(config: Config) -> Mapping[str, Any]:
    return {"side": one_side(seeing_of(options_of(config, VISION), **SIZE), "patch_size", 0)}


_TEXTS = ("input_ids", "attention_mask")
_WAY = Way("forward", "embeddings")
_SEEING = {
    **TINY, "model_type": "siglip_vision_model", "image_size": 32, "patch_size": 8,
    "vision_use_head": False,
}  # fmt: skip
FAMILIES = (
    TowerFamily(
        model_type="colmodernvbert",
        architecture="ColModernVBertForRetrieval",
        towers={
            "text": Tower(
                way=_WAY,
                aside=("vlm.vision_model.", "vlm.connector."),
                result="token_embeddings",
                feeds=lambda config: _TEXTS,
                describe=_query,
                lower=_text,
                width=width,
                options=TEXT,
            ),
            "image": Tower(
                way=_WAY,
                result="token_embeddings",
                feeds=lambda config: (*_TEXTS, PIXELS, PLACES),
                describe=describe,
                lower=_image,
                width=width,
                options=TEXT,
                fed=_fed,
            ),
        },
        processor="Idefics3ImageProcessor",
        task=RETRIEVAL,
        writing=_writing,
        judge=_judge,
        tiny={
            "colmodernvbert": TinyTowers(
                {
                    "embedding_dim": 16,
                    MODEL: {
                        "model_type": "modernvbert",
                        "pixel_shuffle_factor": 2,
                        "text_config": {**TINY, "model_type": "modernbert", "pad_token_id": 0},
                        "vision_config": _SEEING,
                    },
                },
                processor={"size": {"longest_edge": 64}, "max_image_size": {"longest_edge": 32}},
                prefixes={
                    "vision_model.": "vlm.",
                    "connector.": "vlm.",
                    "embedding_proj_layer.": "",
                    "": "vlm.text_model.",
                },
                tokens={
                    "image_token": _IMAGE,
                    "fake_token": _FAKE,
                    "whole_token": _WHOLE,
                    "end_token": _END,
                },
                image_option=f"{MODEL}.image_token_id",
            )
        },
    ),
)
