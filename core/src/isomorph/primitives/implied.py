"""Tensors of a module whose weights nobody has looked at: those that its settings ask for."""

from __future__ import annotations

from math import prod
from pathlib import Path

from isomorph.files.tensor import ITEMS, Tensor


class Implied(dict[str, Tensor]):
    """Has every tensor that is asked for, in the shape in which it is asked for, and no numbers in it.

    So a model is judged by its settings alone. What was asked for so far is what the mapping holds.
    """

    def imply(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """The tensor of this name, float32; of parts of a tensor that are asked for, the largest."""
        known = self.get(name)
        if known is None or prod(known.shape) < prod(shape):
            size = prod(shape) * ITEMS["F32"]
            known = self[name] = Tensor(Path("not looked at"), 0, size, "F32", shape)
        return known
