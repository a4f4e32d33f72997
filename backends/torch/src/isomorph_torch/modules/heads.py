"""Attention whose last bits depend on the number of threads: narrow heads on processors without AVX-512.

There torch 2.13 multiplies by MKL inside of its attention, for rows of 9 to 31 positions in other orders on
other threads where a head has 6 to 10 features. Of 12 features and more, as all published models have,
no length of 1 to 69 differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

WIDE = 12
"""Features of a head from which on all threads give the same bits."""
_HEADS = ("num_attention_heads", "num_heads", "n_head", "n_heads", "encoder_attention_heads")
_FEATURES = ("hidden_size", "d_model", "dim", "n_embd")


def heads_are_steady(config: Mapping[str, Any]) -> bool:
    """Whether the heads of a ``config.json``, those of its towers included, are wide enough here."""
    return torch.backends.cpu.get_cpu_capability() == "AVX512" or not _is_narrow(config)


def _is_narrow(config: Mapping[str, Any]) -> bool:
    heads, features = (_first(config, names) for names in (_HEADS, _FEATURES))
    own = config.get("head_dim") or (features // heads if heads and features else WIDE)
    towers = (part for part in config.values() if isinstance(part, Mapping))
    return (isinstance(own, int) and own < WIDE) or any(map(_is_narrow, towers))


def _first(config: Mapping[str, Any], names: tuple[str, ...]) -> int:
    return next((config[name] for name in names if isinstance(config.get(name), int)), 0)
