"""Vectors to length 1."""

from __future__ import annotations

from torch.nn import functional

from isomorph_torch.modules.layer import Kind, Layer, Tensors


class Normalize(Layer):
    """x / max(||x||, 1e-12) over the last axis of the value that it reads."""

    def forward(self, values: Tensors) -> Tensors:
        """(…, D) -> (…, D)."""
        return {**values, self.writes[0]: functional.normalize(values[self.reads[0]], dim=-1)}


KIND = Kind(("normalize",), lambda source: Normalize(source.module))
