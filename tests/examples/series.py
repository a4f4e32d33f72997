"""Inputs of several sizes: series, each of any number of rows of numbers, padded beside a mask."""

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
from isomorph.program import VALUES, Ref, Weights, ops


@dataclass(frozen=True)
class Series(ItemInputs):
    """Arrays of (steps, features)."""

    features: int
    modality = "series"
    unit = "steps"

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """The steps, and a mask of those that are there, which a pooling reads."""
        steps = Feed("float32", ("rows", "width", self.features))
        return {"steps": steps, "attention_mask": VALUES["attention_mask"]}

    def is_single(self, inputs: Any) -> bool:
        """An array of two axes is a series."""
        return isinstance(inputs, np.ndarray) and inputs.ndim == 2

    def item(self, value: Any, index: int) -> NDArray[np.float32]:
        """The array in float32; there is at least one step."""
        shape = getattr(value, "shape", ())
        if len(shape) != 2 or shape[1] != self.features or not shape[0]:
            said = shape or type(value).__name__
            raise InputError(f"Input {index} is {said}; a series is (steps, {self.features}).")
        return np.asarray(value, np.float32)

    def sample(self, length: int, seed: int = 0) -> NDArray[np.float32]:
        """So many random steps."""
        shape = (max(1, length), self.features)
        return np.random.default_rng(seed).normal(size=shape).astype(np.float32)

    def preparer(self) -> "SeriesPreparer":
        """There is nothing to load."""
        return SeriesPreparer()


class SeriesPreparer(ItemPreparer):
    """Series are numbers already; they are padded batch by batch."""

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> "Prepared":
        """The series as they are, with their lengths."""
        return Prepared(np.array([len(each) for each in items], np.int64), items)


@dataclass(frozen=True)
class Prepared(Items):
    """Series of (steps, features) each."""

    series: Sequence[NDArray[np.float32]]

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Each series, then zeros that the mask hides; of blank rows it hides nothing."""
        shape = (len(rows) + blank, width)
        steps = np.zeros((*shape, self.series[0].shape[1]), np.float32)
        mask = np.ones(shape, np.int64)
        for row, index in enumerate(rows):
            length = len(self.series[index])
            steps[row, :length] = self.series[index]
            mask[row, length:] = 0
        made = {"steps": steps, "attention_mask": mask}
        return {name: made[name] for name in names}


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `features` of a step, and the `width` of its vector."""
    sizes = source.config("config.json")
    found = {name: int(sizes[name]) for name in ("features", "width")}
    outputs = ("token_embeddings",)
    return Module(
        "series", source.name, folder=source.path, config=found, inputs=("steps",), outputs=outputs
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """(rows, width, features) -> (rows, width, features of the vectors)."""
    weight = weights("weight", (module.config["width"], module.config["features"]))
    return {"token_embeddings": ops.linear(values["steps"], weight)}


@hookimpl
def isomorph_modules() -> list[ModuleKind]:
    """The kind. Its vectors are named as those of tokens are, so that every pooling takes them."""
    return [
        ModuleKind(
            name="series",
            classes=("shapes.Series",),
            read=read,
            lower=lower,
            inputs=lambda source, module: Series(module.config["features"]),
            width=lambda module, width: int(module.config["width"]),
        )
    ]
