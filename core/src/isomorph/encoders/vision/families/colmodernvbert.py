"""ColModernVBERT (Teiletche et al. 2025, arXiv:2510.01149): SigLIP's patches of tiles, read by ModernBERT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Linear
from isomorph.encoders.families import modernbert
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
from isomorph.files.schema import Whole

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
    own = vision_options(config)
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
    side = patches_a_side(vision_options(config)) // _square(config)
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


FAMILY = TowerFamily(
    model_type="colmodernvbert",
    architecture="ColModernVBertForRetrieval",
    towers=page_towers(describe, aside=("vlm.vision_model.", "vlm.connector.")),
    processor="Idefics3ImageProcessor",
    task=RETRIEVAL,
    writing=_writing,
    judge=partial(judge_pages, own=_OPTIONS),
    tiny={
        "colmodernvbert": TinyTowers(
            {
                "embedding_dim": 16,
                MODEL: {
                    "model_type": "modernvbert",
                    "pixel_shuffle_factor": 2,
                    "text_config": {**TINY, "model_type": "modernbert", "pad_token_id": 0},
                    "vision_config": TINY_VISION,
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
)
