"""The record of one of Qwen's families that see: an encoder of texts, and a tower beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.seeing.axes import text_options
from isomorph.encoders.seeing.description import PackedVision
from isomorph.encoders.seeing.family import Moving
from isomorph.encoders.seeing.qwen_towers import seeing, tiny_options


def qwen_family(
    model_type: str,
    *,
    classes: str,
    describe: Callable[[Config], Encoder],
    tower: Callable[[Config], PackedVision],
    sections: tuple[int, int, int],
    moving: Moving,
    tiny: dict[str, Any],
    interleaved: bool = False,
) -> Family:
    """A family with its heads and its small model.

    Args:
        model_type: as ``config.json`` has it.
        classes: how the names of transformers' classes begin.
        describe: the encoder of texts.
        tower: the encoder of images.
        sections: as of `seeing`.
        moving: how videos stand among tokens.
        tiny: options of the small model's tower.
        interleaved: as of `seeing`.
    """
    options = partial(text_options, model_type=model_type)
    return Family(
        model_type=model_type,
        describe=describe,
        options=options,
        seeing=seeing(
            text=describe,
            options=options,
            tower=tower,
            sections=sections,
            interleaved=interleaved,
            moving=moving,
        ),
        classes=Classes(classes),
        classifier=layouts.last_token,
        causal_lm=layouts.untied_lm,
        tokenizer="Qwen2Tokenizer",
        tiny={model_type: Tiny(tiny_options(**tiny), "lasttoken")},
    )
