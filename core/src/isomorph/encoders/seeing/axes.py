"""Rotary positions along axes: of the texts of Qwen's models that see, and of the patches of their images."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.config import Config
from isomorph.encoders.description import Attention, Encoder
from isomorph.encoders.options import SCHEMA
from isomorph.encoders.relations import AxesRotary, Rotary
from isomorph.encoders.rotary import frequencies
from isomorph.errors import BadModel

AXES = ("time", "rows", "columns")
"""What the positions of a token count."""
_WHOLE = frozenset(
    """architectures auto_map id2label num_labels pad_token_id sbert_ce_default_activation_function
    sentence_transformers tie_word_embeddings""".split()
)
"""Options of a whole model, which stand at the top of newer files too."""


def turned_by_axes(encoder: Encoder, sections: Any, interleaved: bool) -> Encoder:
    """An encoder whose pairs turn by one of `AXES` each, as ``mrope_section`` shares them out.

    Sections lie one behind the other (arXiv:2409.12191), or `interleaved`: then rows and columns have every
    third pair each, as far as their sections reach, and time has the rest (Qwen3-VL).

    Raises:
        BadModel: there are not three sections, or they do not make up all pairs.
    """

    def turned(attention: Attention) -> Attention:
        old = attention.rotary
        assert isinstance(old, Rotary)
        axis = _axis_of_pairs(len(old.frequencies), sections, interleaved)
        own = np.array(old.frequencies, np.float32)
        rows = [tuple(map(float, np.where(axis == each, own, 0))) for each in range(len(AXES))]
        return replace(attention, rotary=AxesRotary(tuple(rows), old.factor, old.longest))

    blocks = (replace(block, attention=turned(block.attending)) for block in encoder.blocks)
    return replace(encoder, blocks=tuple(blocks))


def _axis_of_pairs(pairs: int, sections: Any, interleaved: bool) -> NDArray[np.int64]:
    if not isinstance(sections, list | tuple) or len(sections) != len(AXES):
        raise BadModel(f"config.json sets mrope_section={sections!r}, which must be three numbers.")
    if sum(sections) != pairs or min(sections) < 0:
        raise BadModel(
            f"config.json sets mrope_section={list(sections)} for heads of {pairs} pairs; the sections must "
            "make up all of them."
        )
    if not interleaved:
        return np.repeat(np.arange(len(AXES)), sections)
    axis = np.zeros(pairs, np.int64)
    for each in (1, 2):
        axis[each : 3 * sections[each] : 3] = each
    return axis


def of_a_grid(size: int, base: float = 10_000.0) -> AxesRotary:
    """Positions of patches: half of the pairs of a head of `size` features turn by rows, half by columns."""
    own = frequencies(base, size // 2)
    still = np.zeros_like(own)
    rows, columns = np.concatenate([own, still]), np.concatenate([still, own])
    return AxesRotary((tuple(map(float, rows)), tuple(map(float, columns))))


def text_options(config: Config, model_type: str) -> Config:
    """The options of the text encoder: older files hold them at the top, newer ones under ``text_config``.

    Where there is the newer place nothing of the older one counts. What the scheme of positions says of
    axes is left out: of texts alone all axes are equal.
    """
    nested = config.get("text_config")
    if nested is not None and not isinstance(nested, dict):
        raise BadModel(
            f"config.json sets text_config={nested!r}, which must be an object of options."
        )
    whole = {k: v for k, v in config.items() if nested is None or k in _WHOLE or k not in SCHEMA}
    own = {**whole, **(nested or {}), "model_type": model_type}
    for name in ("rope_scaling", "rope_parameters"):
        scheme = own.get(name)
        if isinstance(scheme, dict):
            own[name] = {k: v for k, v in scheme.items() if not k.startswith("mrope_")}
            for kind in ("type", "rope_type"):
                if own[name].get(kind) == "mrope":
                    own[name][kind] = "default"
    return own


def scheme_of(config: Config) -> Config:
    """What the files say of positions along axes: ``mrope_section`` and ``mrope_interleaved``."""
    nested = config.get("text_config")
    own = config if nested is None else nested
    return dict(own.get("rope_scaling") or own.get("rope_parameters") or {})
