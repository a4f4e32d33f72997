"""The shapes of tensors that a lowering asks for: of towers whose description names not all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

import numpy as np

from isomorph.encoders.tensors import Shapes
from isomorph.encoders.tower import Size, Tower
from isomorph.primitives.builder import Builder, Ref, Weights


class _Asked:
    """Tensors that are there as soon as somebody asks for them."""

    lacking = False

    def __init__(self, builder: Builder, names: Collection[str]) -> None:
        self._builder = builder
        self.shapes: Shapes = {}
        self.names = frozenset(names)

    def __call__(self, name: str, shape: tuple[int, ...]) -> Ref:
        return self.reshaped(name, shape, shape)

    def reshaped(self, name: str, stored: tuple[int, ...], shape: tuple[int, ...]) -> Ref:
        self.shapes[name] = stored
        return self._builder.constant(np.zeros(shape, np.float32))


def asked_shapes(
    tower: Tower, config: Mapping[str, Any], size: Size, names: Collection[str]
) -> Shapes:
    """Name and shape of every tensor of a tower.

    Args:
        tower: its record.
        config: the ``config.json`` of the model.
        size: of what it is fed.
        names: those of tensors by which it finds what stands before the others.
    """
    builder = Builder()
    asked = _Asked(builder, names)
    values = {name: builder.feed(name) for name in tower.feeds(config)}
    tower.lower(config, size, cast("Weights", asked), values)
    return asked.shapes
