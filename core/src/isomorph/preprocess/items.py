"""Inputs of other kinds than text: what they have in common, to be inherited.

A kind of its own says what an input is (`ItemInputs.item`), and what becomes of a few of them
(`Preparer.prepare`); a batch of them is an `Items`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.inputs import as_list
from isomorph.preprocess.protocol import Prepared, Preparer, Treatment
from isomorph.primitives.program import Feed
from isomorph.primitives.tables import Table


class ItemInputs(ABC):
    """What a chain says of inputs that are no text; an `Inputs`. A frozen dataclass inherits this."""

    modality: str = ""
    """The kind of input, such as ``"image"``. Every class says it."""
    unit: str = "positions"
    """What lengths count, in the plural."""
    max_length: int | None = None
    """Where inputs are cut; None where they are not."""
    longest: int | None = None
    """The greatest length that the model can take, None where that is not known."""
    padding_side: str = "right"
    """The side on which padding stands."""
    window: int = 1 << 20
    """The cost of the inputs that are prepared together at most."""
    options: Collection[str] = ()
    """The names of ``processor_kwargs`` that `changed` takes."""
    prompted: bool = False
    """Whether a prompt may go in front of an input."""

    @property
    def takes(self) -> tuple[str, ...]:
        """Its modality, and no other."""
        return (self.modality,)

    @abstractmethod
    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Type and axes of those of these arrays that core makes; see `Inputs.feeds`."""

    @abstractmethod
    def item(self, value: Any, index: int) -> Any:
        """An input in the form that is prepared; `index` is its place in the call.

        Raises:
            InputError: it is none that the model takes; says which and why.
        """

    @abstractmethod
    def is_single(self, inputs: Any) -> bool:
        """Whether this is one input rather than a batch."""

    @abstractmethod
    def sample(self, length: int, seed: int = 0) -> Any:
        """A made-up input of about this length, the same for the same seed."""

    @abstractmethod
    def preparer(self) -> Preparer:
        """What prepares such inputs."""

    def keys(self, items: Sequence[Any]) -> Sequence[Hashable]:
        """The bytes of each array, with its type and shape."""
        return [(each.dtype.str, each.shape, each.tobytes()) for each in items]

    def changed(self, options: Mapping[str, Any]) -> Self:
        """The same: there are no options."""
        return self

    def read(self, inputs: Any, pairs: bool = False) -> tuple[bool, Sequence[Any]]:
        """Whether `inputs` are a single one, and the batch of them.

        Raises:
            InputError: they are pairs, or an input is none that the model takes.
        """
        if pairs:
            raise InputError(f"This model takes {self.modality} inputs, and no pairs of them.")
        single = self.is_single(inputs)
        whole = isinstance(inputs, np.ndarray) and inputs.dtype != object  # of arrays, not of lists
        batch = [inputs] if single else list(inputs) if whole else as_list(inputs)
        return single, [self.item(each, index) for index, each in enumerate(batch)]

    def holds_pairs(self, batch: Sequence[Any]) -> bool:
        """Never: there are no pairs."""
        return False

    def check(self, items: Sequence[Any], first: int = 0) -> None:
        """Looks at nothing: `item` has looked at each."""
        return

    def cost(self, item: Any, max_length: int | None = None) -> int:
        """The numbers of an array."""
        return int(np.size(item))

    def memory(self, count: int, longest: int) -> int:
        """Nothing that counts beside the forwards."""
        return 0


class ItemPreparer(ABC):
    """A `Preparer` without a tokenizer."""

    native: Any = None
    """What does the work, for users who want to use it themselves."""

    @abstractmethod
    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> Prepared:
        """The numbers of inputs; see `Preparer.prepare`."""

    def beyond(self, feed: str, index: int, table: Table) -> str:
        """The number, and the table that it is beyond."""
        return f"has {index} in {feed!r}, but the table {table.name!r} has {table.rows} rows."


@dataclass(frozen=True, slots=True)
class Items(ABC):
    """A few inputs as numbers; a `Prepared`. A class of its own says what the feeds are."""

    lengths: NDArray[np.int64]
    """int64 (inputs,): how long each is."""

    @property
    def full_lengths(self) -> NDArray[np.int64]:
        """The same: nothing is cut."""
        return self.lengths

    @property
    def attended(self) -> NDArray[np.int64]:
        """The same: no mask hides a position of an input."""
        return self.lengths

    @property
    def truncated(self) -> NDArray[np.int64]:
        """No input."""
        return np.empty(0, np.int64)

    @property
    def ids(self) -> Sequence[NDArray[np.int64]]:
        """Zeros: what stands at a position has no number."""
        return [np.zeros(length, np.int64) for length in self.lengths.tolist()]

    @property
    def indices(self) -> Mapping[str, Sequence[NDArray[Any]]]:
        """No number indexes a table."""
        return {}

    @abstractmethod
    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """The arrays of a batch; see `Prepared.feeds`."""
