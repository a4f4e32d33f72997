"""Positions of images that are one patch wide, which torch's antialiased interpolation gets wrong.

Of a result with one column, torch 2.13 makes every row the first one. So columns are interpolated lying down.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch.nn.functional import interpolate

_METHOD = "resize_positional_embeddings"
"""How transformers calls the function that makes positions for a grid of patches (SigLIP 2 NaFlex)."""
_Made = Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor]


def stood_up(model: torch.nn.Module) -> None:
    """Gives each part of a model that interpolates positions a function that knows single columns."""
    for part in model.modules():
        own = getattr(type(part), _METHOD, None)
        if own is not None:
            setattr(part, _METHOD, partial(_resized, own))


def _resized(
    own: _Made, positional_embeddings: torch.Tensor, spatial_shapes: torch.Tensor, max_length: int
) -> torch.Tensor:
    """Vectors (B, max_length, H) by transformers' function; those of single columns are written anew."""
    made = own(positional_embeddings, spatial_shapes, max_length)
    for row, (height, width) in enumerate(spatial_shapes.tolist()):
        if width == 1 and height > 1:
            made[row, :height] = _column(positional_embeddings, height).to(made.dtype)
    return made


def _column(table: torch.Tensor, height: int) -> torch.Tensor:
    """Vectors (height, H) of one column of a table (rows, columns, H)."""
    stored = table.permute(2, 0, 1).unsqueeze(0).float()
    narrow = interpolate(stored, (table.shape[0], 1), mode="bilinear", antialias=True)
    lying = interpolate(narrow.transpose(2, 3), (1, height), mode="bilinear", antialias=True)
    return lying[0, :, 0].T
