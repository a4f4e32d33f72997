"""One nn.Module a file, for each kind of module that torch runs. Importing this imports torch."""

from __future__ import annotations

from isomorph_torch.modules.kinds import build, is_lowered, is_steady, obstacle, takes_options
from isomorph_torch.modules.layer import Layer, Tensors
from isomorph_torch.modules.source import Source

__all__ = [
    "Layer",
    "Source",
    "Tensors",
    "build",
    "is_lowered",
    "is_steady",
    "obstacle",
    "takes_options",
]
