"""Tensor names as they occur in the wild: with a prefix, or from before LayerNorm's were renamed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.description import Embeddings, Linear, Norm
from isomorph.errors import BadModel, Unsupported
from isomorph.primitives import ops
from isomorph.primitives.builder import NO_WEIGHTS, Ref, Weights

if TYPE_CHECKING:
    from isomorph.encoders.rare import Matrices

QUICK_GELU = "quick_gelu"
"""x sigmoid(1.702 x), an approximation of gelu (Hendrycks and Gimpel, arXiv:1606.08415)."""
_OLD_ENDINGS = {".weight": ".gamma", ".bias": ".beta"}


class EncoderWeights:
    """An encoder's tensors by the names of its description.

    The prefix (``bert.``, ``model.``, none, …) is whatever stands before the name of the word
    embeddings, which every encoder has. `words` are their possible names, the first one preferred;
    `word` is the one that is there. What stands `inside` a whole model may be left out.
    """

    def __init__(self, weights: Weights, *words: str, inside: str = "") -> None:
        self._weights, self._inside = weights, inside
        self.word, self._prefix = words[0], ""
        for word in reversed(words):
            for name in stands_behind(weights.names, word)[:1]:
                self.word, self._prefix = word, name.removesuffix(word)
        _refuse_two(weights.names, self.word)
        # Where none is found, asking for the plain name raises the error that lists what there is.
        if weights.lacking:
            raise Unsupported(f"the encoder {NO_WEIGHTS}")

    @classmethod
    def of(cls, weights: Weights, embeddings: Embeddings) -> EncoderWeights:
        """Those of an encoder with these embeddings."""
        words = (embeddings.word, *embeddings.also)
        return cls(weights, *words, inside=embeddings.inside)

    def table(self, embeddings: Embeddings) -> str:
        """The name of the table of words: that of this half alone, where the file holds one."""
        own = embeddings.own
        return own if own and self.stored(own) in self._weights.names else self.word

    def __call__(self, name: str, shape: tuple[int, ...]) -> Ref:
        """The tensor `name` behind the prefix; old ``gamma`` and ``beta`` are found too."""
        return self._weights(self.stored(name), shape)

    def reshaped(self, name: str, stored: tuple[int, ...], shape: tuple[int, ...]) -> Ref:
        """The tensor `name` of the shape `stored`, under another shape of the same numbers."""
        return self._weights.reshaped(self.stored(name), stored, shape)

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """The stored shape, or None."""
        return self._weights.shape_of(self.stored(name))

    def linear(self, spec: Linear, x: Ref) -> Ref:
        """A linear layer applied to x (…, inputs) -> (…, outputs); one with groups to x (B, T, inputs)."""
        if spec.groups is not None:
            return self._grouped(spec, x, spec.groups)
        weight = self._rows(spec, ".weight", (spec.inputs,))
        if spec.added:
            return ops.linear(x, weight, self(spec.added, (spec.outputs,)))
        return ops.linear(x, weight, self._rows(spec, ".bias", ()) if spec.bias else None)

    def matrices(self, spec: Matrices, count: int) -> list[Ref]:
        """The matrices of `count` experts, as they are stored."""
        height, width = spec.stored
        if "{}" in spec.name:
            return [self(spec.name.format(expert), spec.stored) for expert in range(count)]
        name = self.stored(spec.name)
        if spec.stacked is not None:
            return [self._layer_of(spec, spec.stacked, name, count, i) for i in range(count)]
        self._weights.check(name, (count * height, width))
        ends = [(expert * height, (expert + 1) * height) for expert in range(count)]
        return [self._weights.rows(name, rows, (width,)) for rows in ends]

    def _layer_of(
        self, spec: Matrices, stacked: tuple[int, int], name: str, count: int, expert: int
    ) -> Ref:
        """The matrix of one expert in a tensor (experts, rows, inputs)."""
        (first, rows), shape = stacked, spec.stored
        return self._weights.picked(
            name,
            (count, rows, shape[1]),
            shape,
            f"rows {first}:{first + shape[0]} of layer {expert}",
            lambda numbers: np.ascontiguousarray(numbers[expert, first : first + shape[0]]),
        )

    def norm(self, spec: Norm, x: Ref) -> Ref:
        """A normalisation applied to x (…, size)."""
        if spec.learned:
            weight = self(spec.name + ".weight", (spec.size,))
        else:
            weight = x.builder.constant(np.ones(spec.size, np.float32))
        if spec.plus_one:
            weight = weight + 1.0
        if spec.kind == "rms":
            return ops.rms_norm(x, weight, spec.eps)
        if spec.kind == "affine":
            return x * weight + self(spec.name + ".bias", (spec.size,))
        biased = spec.bias and spec.learned
        bias = self(spec.name + ".bias", (spec.size,)) if biased else None
        return ops.layer_norm(x, weight, bias, spec.eps)

    def activated(self, x: Ref, kind: str) -> Ref:
        """An activation by its name; of `QUICK_GELU` what it is composed of."""
        if kind == QUICK_GELU:
            return x * ops.activation(x * 1.702, "sigmoid")
        return ops.activation(x, kind)

    def _grouped(self, spec: Linear, x: Ref, groups: int) -> Ref:
        stored = (spec.outputs, spec.inputs // groups, 1)
        bias = self(spec.name + ".bias", stored[:1]) if spec.bias else None
        if groups == 1:
            return ops.linear(x, self.reshaped(spec.name + ".weight", stored, stored[:2]), bias)
        return ops.conv1d(x, self(spec.name + ".weight", stored), bias, groups=groups)

    def _rows(self, spec: Linear, ending: str, rest: tuple[int, ...]) -> Ref:
        """A layer's own rows of a tensor that several layers may share."""
        name = self.stored(spec.name + ending)
        if spec.every is not None or (spec.turned and rest):
            return self._picked(spec, name, rest)
        if spec.rows is None:
            return self._weights(name, (spec.outputs, *rest))
        return self._weights.rows(name, spec.rows, rest)

    def _picked(self, spec: Linear, name: str, rest: tuple[int, ...]) -> Ref:
        """Rows that do not lie one below the other in the file, or that are its columns."""
        begin, end = spec.rows or (0, spec.outputs)
        every, turned = spec.every or spec.stored, bool(spec.turned and rest)
        whole = (*rest, spec.stored) if turned else (spec.stored, *rest)

        def pick(numbers: NDArray[Any]) -> NDArray[Any]:
            rows = numbers.T if turned else numbers
            blocks = rows.reshape(-1, every, *rest)[:, begin:end]
            return np.ascontiguousarray(blocks.reshape(spec.outputs, *rest))

        recipe = f"rows {begin}:{end} of every {every}{', turned' if turned else ''}"
        return self._weights.picked(name, whole, (spec.outputs, *rest), recipe, pick)

    def stored(self, name: str) -> str:
        """How the file calls it: with the prefix, or without, which is where heads have theirs.

        Raises:
            BadModel: the file has it under a name of today and under an old one.
        """
        bare, names = name.removeprefix(self._inside), self._weights.names
        for full in dict.fromkeys((self._prefix + name, name, self._prefix + bare, bare)):
            old = older(full)
            if full in names and old in names:
                raise BadModel(
                    f"The weights hold {full!r} and {old!r}, two names of one tensor, and nobody says which "
                    "of the two counts. Remove the other one."
                )
            if full in names:
                return full
            if old in names:
                return old
        return self._prefix + name


def older(name: str) -> str:
    """What old files call a tensor of a norm; "" where it is none."""
    return next((name.removesuffix(n) + o for n, o in _OLD_ENDINGS.items() if name.endswith(n)), "")


def stands_behind(names: Iterable[str], ending: str) -> list[str]:
    """The names that are `ending`, perhaps behind a prefix, the shortest first."""
    return sorted((n for n in names if n == ending or n.endswith("." + ending)), key=len)


def _refuse_two(names: Collection[str], word: str) -> None:
    """Refuses files that hold two encoders: two tables behind two prefixes, and more of both.

    Raises:
        BadModel: which of them the model is, nobody says; other libraries take either.
    """
    tables = stands_behind(names, word)
    for one, other in pairwise(tables):
        ends = [table.removesuffix(word) for table in (one, other)]
        first, second = ({n.removeprefix(e) for n in names if n.startswith(e)} for e in ends)
        both = sorted((first & second) - {word})
        if both:
            raise BadModel(
                f"The weights hold {one!r} and {other!r}, and {len(both)} more tensors under both names, "
                f"such as {ends[0] + both[0]!r} and {ends[1] + both[0]!r}: two encoders, of which the model "
                "is one. Remove the other one's tensors."
            )
