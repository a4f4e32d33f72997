"""Transformer encoders as data.

A family (one file of `isomorph.encoders.families`) maps a ``config.json`` and its tensor names onto
one `Encoder` description; `isomorph.encoders.lower` writes any description in primitives.
"""

from isomorph.encoders.describe import (
    describe,
    family_of,
    judge_config,
    seeing_of,
    text_options,
)
from isomorph.encoders.description import Encoder
from isomorph.encoders.lower import lower_encoder

__all__ = [
    "Encoder",
    "describe",
    "family_of",
    "judge_config",
    "lower_encoder",
    "seeing_of",
    "text_options",
]
