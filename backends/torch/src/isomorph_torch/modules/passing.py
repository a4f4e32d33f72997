"""Modules that say which token vectors count: nothing to compute, core picks the rows of the result."""

from __future__ import annotations

from isomorph_torch.modules.layer import Kind, Layer, Tensors


class Passing(Layer):
    """Passes everything on."""

    def forward(self, values: Tensors) -> Tensors:
        """(B, T, D) -> (B, T, D)."""
        return values


KIND = Kind(("multi_vector_mask", "token_pooling"), lambda source: Passing(source.module))
