"""What the layers of a chain have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from isomorph.contract import Module
from isomorph_torch.files import save_tensors
from isomorph_torch.modules.source import Source

Tensors = Mapping[str, torch.Tensor]
"""Named values on their way along the chain, as in `isomorph.contract.Values`."""


class Layer(nn.Module):
    """One module of the chain: its forward returns what it was given, with its outputs added."""

    def __init__(self, module: Module) -> None:
        super().__init__()
        self.reads = module.inputs
        self.writes = module.outputs

    def __call__(self, values: Tensors) -> Tensors:
        """nn.Module's call, hooks included, with its types."""
        result: Tensors = super().__call__(values)
        return result

    def save(self, folder: Path) -> None:
        """Writes the weights under the names of the file format; nothing where there are none."""
        save_tensors(self.state_dict(), folder)


@dataclass(frozen=True, slots=True)
class Kind:
    """How modules of these kinds become layers."""

    names: tuple[str, ...]
    build: Callable[[Source], Layer]
    obstacle: Callable[[Source], str] = lambda source: ""
    """Why a module cannot become one, or ""; reads no weights."""
    options: bool = False
    """Whether ``model_kwargs`` are for it: code of transformers, or of the folder."""
    steady: bool = True
    """Whether rows have the same bits at every place of a batch.

    Not where rows of one length are computed together, nor where they are vectors of any odd length, which a
    matrix product does not sum alike where they begin elsewhere.
    """
