"""A linear layer that is not applied before somebody reads its result."""

from __future__ import annotations

from collections.abc import Iterator

from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights


class Projection(Ref):
    """x (B, T, I) times the transpose of a stored matrix (O, I), plus a stored vector (O,).

    With `cap` each result y becomes cap tanh(y / cap).

    A reader that treats it as any other value gets the whole (B, T, O). One that reduces it takes
    `parts`, so that no more than a part of it exists at a time: over a vocabulary the whole would be
    gigabytes.
    """

    __slots__ = ("_bias", "_matrix", "_shape", "_weights", "_whole", "cap", "x")

    def __init__(
        self,
        x: Ref,
        weights: Weights,
        matrix: str,
        bias: str | None,
        shape: tuple[int, int],
        *,
        cap: float | None = None,
    ) -> None:
        """Takes the names of matrix and vector, and the matrix's `shape`, and checks them.

        Raises:
            BadModel: one of them is not there, or of another shape.
        """
        super().__init__(x.builder, "")
        self.x, self.cap = x, cap
        self._weights, self._matrix, self._bias = weights, matrix, bias
        self._shape = shape
        weights.check(matrix, self._shape)
        if bias is not None:
            weights.check(bias, self._shape[:1])
        self._whole: Ref | None = None

    @property
    def name(self) -> str:
        """The name of the whole, which asking for it brings into being."""
        if self._whole is None:
            weight = self._weights(self._matrix, self._shape)
            bias = None if self._bias is None else self._weights(self._bias, self._shape[:1])
            self._whole = self._capped(ops.linear(self.x, weight, bias))
        return self._whole.name

    def word(self, index: int, x: Ref) -> Ref:
        """The score of one output for vectors (…, I) that stand in for `x` -> (…, 1)."""
        rows = index, index + 1
        bias = None if self._bias is None else self._weights.rows(self._bias, rows, ())
        weight = self._weights.rows(self._matrix, rows, self._shape[1:])
        return self._capped(ops.linear(x, weight, bias))

    def parts(self, size: int) -> Iterator[tuple[Ref, Ref | None]]:
        """Rows of the matrix (at most `size`, I), and as many of the vector, from first to last.

        What is made of them is not capped.
        """
        outputs, inputs = self._shape
        for begin in range(0, outputs, size):
            rows = begin, min(begin + size, outputs)
            bias = None if self._bias is None else self._weights.rows(self._bias, rows, ())
            yield self._weights.rows(self._matrix, rows, (inputs,)), bias

    def _capped(self, y: Ref) -> Ref:
        return y if self.cap is None else ops.activation(y / self.cap, "tanh") * self.cap
