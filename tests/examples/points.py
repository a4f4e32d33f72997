"""Inputs of another kind: points, which are rows of numbers, through a linear module."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Module
from isomorph.errors import InputError
from isomorph.hookspecs import (
    Feed,
    ItemInputs,
    ItemPreparer,
    Items,
    ModuleFolder,
    ModuleKind,
    Treatment,
    hookimpl,
)
from isomorph.program import Ref, Weights, ops


@dataclass(frozen=True)
class Points(ItemInputs):
    """Arrays of (features,)."""

    features: int
    modality = "point"

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """One array of (rows, features): there is no width, and so nothing is padded."""
        return {"points": Feed("float32", ("rows", self.features))}

    def is_single(self, inputs: Any) -> bool:
        """An array of one axis is a point."""
        return isinstance(inputs, np.ndarray) and inputs.ndim == 1 and inputs.dtype != object

    def item(self, value: Any, index: int) -> NDArray[np.float32]:
        """The array in float32."""
        if not isinstance(value, np.ndarray) or value.shape != (self.features,):
            shape = getattr(value, "shape", type(value).__name__)
            raise InputError(
                f"Input {index} is {shape}; a point is an array of ({self.features},)."
            )
        return value.astype(np.float32)

    def sample(self, length: int, seed: int = 0) -> NDArray[np.float32]:
        """A random point."""
        return np.random.default_rng(seed).normal(size=self.features).astype(np.float32)

    def preparer(self) -> "PointPreparer":
        """There is nothing to load."""
        return PointPreparer()


class PointPreparer(ItemPreparer):
    """Points are numbers already."""

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> "Prepared":
        """All points as one array."""
        return Prepared(np.ones(len(items), np.int64), np.array(items, np.float32))


@dataclass(frozen=True)
class Prepared(Items):
    """Points of (inputs, features)."""

    points: NDArray[np.float32]

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Their rows, and rows of zeros behind them."""
        found = self.points[list(rows)]
        return {"points": np.concatenate([found, np.zeros((blank, found.shape[1]), np.float32)])}


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `features` of a point, and the `width` of its vector."""
    sizes = source.config("config.json")
    found = {name: int(sizes[name]) for name in ("features", "width")}
    outputs = ("sentence_embedding",)
    return Module(
        "points", source.name, folder=source.path, config=found, inputs=("points",), outputs=outputs
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """(rows, features) -> (rows, width)."""
    weight = weights("weight", (module.config["width"], module.config["features"]))
    return {"sentence_embedding": ops.linear(values["points"], weight)}


@hookimpl
def isomorph_modules() -> list[ModuleKind]:
    """The kind; `inputs` says that such a module stands first, and what its inputs are."""
    return [
        ModuleKind(
            name="points",
            classes=("shapes.Points",),
            read=read,
            lower=lower,
            inputs=lambda source, module: Points(module.config["features"]),
            width=lambda module, width: int(module.config["width"]),
        )
    ]
