"""ColSmol (arXiv:2407.01449): Idefics3's tiles of a page (arXiv:2408.12637), read by Llama.

The class ``ColIdefics3`` is not part of transformers; formulas, and the words around pages and queries, are
those of the code that it was published with (colpali-engine). The encoder is transformers' Idefics3Model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Linear
from isomorph.encoders.families import llama
from isomorph.encoders.tower import RETRIEVAL, Size, TinyTowers, TowerFamily, Writing
from isomorph.encoders.towers import options_of
from isomorph.encoders.vision.layers import TINY, one_side, only
from isomorph.encoders.vision.page_towers import (
    TINY_VISION,
    judge_pages,
    page_towers,
    patches_a_side,
    vision_options,
)
from isomorph.encoders.vision.pages import PageEncoder
from isomorph.encoders.vision.siglip_towers import SIZE, vision
from isomorph.errors import BadModel, Unsupported
from isomorph.files import limits
from isomorph.files.schema import Whole

_TOP = ""
"""The options of the model are the file itself."""
_WIDTH = 128
"""Features of every vector, whatever a file says."""
_SEEING = {"hidden_size": 1152, "num_attention_heads": 16, "patch_size": 32}
_IMAGE, _FAKE, _WHOLE, _END = (
    *("<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>"),
)
_BUFFERS = 10
"""Tokens behind a query, which the model sees."""
_OPTIONS = {
    "image_token_id": Whole(0, limits.WORDS),
    "scale_factor": Whole(1, limits.HEADS),
}
_FACTOR, _TOKEN = 2, 128_257
"""transformers' defaults of these."""


def describe(config: Config, size: Size) -> PageEncoder:
    """Squares of patches of each tile, among the words; no position sees later ones."""
    own, square = _seeing(config), _square(config)
    words = options_of(config, "text_config")
    require(words, "model_type", "llama", "llama")
    reading = llama.describe({**words, "model_type": "llama"})
    hidden = own["hidden_size"]
    grid = only(size, *(one_side(own, name, 0) for name in SIZE))
    if grid[0] % square:
        raise BadModel(
            f"config.json sets scale_factor={square}, which does not divide {grid[0]} patches."
        )
    _refuse_moved(grid[0])
    joined = Linear(
        "connector.modality_projection.proj", hidden * square**2, reading.hidden, bias=False
    )
    return PageEncoder(
        reading=reading,
        head=Linear("linear", reading.hidden, _WIDTH),
        seeing=vision(own, grid, None),
        joined=joined,
        square=square,
        tiled=True,
    )


def _refuse_moved(side: int) -> None:
    """Refuses grids in which transformers' class may give two rows of patches the position of one.

    It compares fractions of float32, and where an edge falls among them depends on how sums are rounded,
    which differs between its builds. Grids are done whose fractions lie right of every such edge.
    """
    step, at = np.float32(1 / side), np.arange(1, side)
    exact = (at / side).astype(np.float32)
    summed = step + (at - 1).astype(np.float32) * step
    if np.any(at.astype(np.float32) * step < np.maximum(exact, summed)):
        raise Unsupported(
            f"config.json makes {side} x {side} patches (image_size, patch_size); at which positions "
            "transformers' class of Idefics3 puts some of these depends on its build, so that such grids are "
            "not done"
        )


def _seeing(config: Config) -> Mapping[str, Any]:
    given = options_of(config, "vision_config")
    return {**vision_options(config, _TOP), **_SEEING, **given}


def _square(config: Config) -> int:
    return int(config.get("scale_factor", _FACTOR))


def _writing(config: Config, said: Mapping[str, Any], role: Callable[[str], str]) -> Writing:
    """As ColIdefics3Processor writes queries and pages (process_queries, process_images)."""
    side = patches_a_side(_seeing(config)) // _square(config)
    if said.get("image_seq_len", side * side) != side * side:
        raise BadModel(
            f"The processor writes {said['image_seq_len']} tokens for each tile (image_seq_len), and the "
            f"model makes {side * side} vectors of it."
        )
    return Writing(
        query=("", _END * _BUFFERS),
        page=("<|im_start|>User:", f"Describe the image.{_END}\nAssistant:"),
        image=_IMAGE,
        count=side * side,
        number=config.get("image_token_id", _TOKEN),
        special=True,
        tile=f"{_FAKE}<row_{{row}}_col_{{column}}>",
        whole=(f"{_FAKE}{_WHOLE}", _FAKE),
    )


FAMILY = TowerFamily(
    model_type="idefics3",
    architecture="ColIdefics3",
    named=True,
    towers=page_towers(
        describe,
        aside=("model.vision_model.", "model.connector."),
        inside=_TOP,
        features=lambda config: _WIDTH,
    ),
    processor="Idefics3ImageProcessor",
    task=RETRIEVAL,
    writing=_writing,
    judge=partial(judge_pages, own=_OPTIONS, inside=_TOP),
    tiny={
        "colidefics3": TinyTowers(
            {
                "scale_factor": 2,
                "text_config": {**TINY, **decoders.GROUPED, "model_type": "llama"},
                "vision_config": {**TINY_VISION, "model_type": "idefics3_vision"},
            },
            processor={"size": {"longest_edge": 64}, "max_image_size": {"longest_edge": 32}},
            prefixes={
                "vision_model.": "model.",
                "connector.": "model.",
                "linear.": "",
                "": "model.text_model.",
            },
            tokens={
                "image_token": _IMAGE,
                "fake_token": _FAKE,
                "whole_token": _WHOLE,
                "end_token": _END,
            },
            image_option="image_token_id",
        )
    },
)
