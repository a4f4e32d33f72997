"""What a chain says of its inputs, and what makes feeds of them. Texts are one implementation.

    Inputs      data, read from a model's files: how long inputs may be, what the first module is fed
    Preparer    made of it: loads a tokenizer or the like, and turns inputs into numbers
    Prepared    those numbers: how long each input is, and the feeds of any batch of them

A length is what a forward is padded by: tokens of texts, patches of images, rows of arrays. Everything
behind the preparer, from the scheduler to the engine, knows lengths and feeds only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.primitives.program import Feed
from isomorph.primitives.tables import Table

if TYPE_CHECKING:
    from isomorph.preprocess.expansion import Expansion


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What a call says of its inputs."""

    prompt: str = ""
    """Default ``""``. Goes in front of each input."""
    max_length: int | None = None
    """Default None, no limit. Inputs are cut at this length."""
    task: str | None = None
    """Default None; for example ``"query"``. What the inputs are to the model."""
    pairs: bool = False
    """Default False. Whether each input is a pair."""
    expansion: Expansion | None = None
    """Default None. How short texts are filled up."""
    truncation_side: str | None = None
    """Default None, as the files say; ``"left"`` or ``"right"``. The side on which texts are cut."""
    refuse_long: bool = False
    """Default False. Whether nothing runs where an input is longer than `max_length`."""
    spare: Callable[[int, InputError], None] | None = None
    """Default None, the error is raised. Told of an input that cannot be prepared, by its place.

    A preparer that calls it puts anything it likes in the input's place, since nobody reads that row.
    A preparer may raise nevertheless: its inputs are then prepared one by one to find the bad ones.
    """


class Inputs(Protocol):
    """What a chain says of its inputs: a frozen dataclass, read from the files of its first module."""

    @property
    def modality(self) -> str:
        """The kind of input, such as ``"text"``."""

    @property
    def takes(self) -> tuple[str, ...]:
        """The kinds of input that a call may pass to it, where they are more than `modality`."""

    @property
    def unit(self) -> str:
        """What lengths count, in the plural: ``"tokens"`` of texts."""

    @property
    def max_length(self) -> int | None:
        """Where inputs are cut unless a call says otherwise; None where there is no limit."""

    @property
    def longest(self) -> int | None:
        """The greatest length that the model can take, None where that is not known."""

    @property
    def padding_side(self) -> str:
        """The side on which padding stands, ``"right"`` or ``"left"``."""

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Type and axes of those of these arrays that core makes, for a chain that reads all of them."""

    @property
    def window(self) -> int:
        """The cost of the inputs that are prepared together at most."""

    @property
    def prompted(self) -> bool:
        """Whether a prompt may go in front of an input."""

    @property
    def options(self) -> Collection[str]:
        """The names of ``processor_kwargs`` by which a user has another word than the files."""

    def changed(self, options: Mapping[str, Any]) -> Self:
        """The same with the user's word on what the files say; the names are those of `options`.

        Raises:
            InputError: a value that cannot be.
        """

    def is_single(self, inputs: Any) -> bool:
        """Whether this is one input rather than a batch, whatever it holds."""

    def read(self, inputs: Any, pairs: bool = False) -> tuple[bool, Sequence[Any]]:
        """Whether `inputs` are a single one, and the batch of them, each in the form that is prepared.

        Raises:
            InputError: an input is of another kind; says which and why.
        """

    def holds_pairs(self, batch: Sequence[Any]) -> bool:
        """Whether the inputs of a batch are pairs, where a call does not say it."""

    def check(self, items: Sequence[Any], first: int = 0) -> None:
        """Looks through the inputs of a whole call before anything is computed; `first` is their place.

        Raises:
            InputError: an input cannot be prepared; says which and why.
        """

    def keys(self, items: Sequence[Any]) -> Sequence[Hashable]:
        """A key for each input. Inputs of equal keys are computed once."""

    def cost(self, item: Any, max_length: int | None = None) -> int:
        """How much work an input is beside others, before it is prepared: characters, pixels, numbers.

        What lies beyond `max_length` counts no more.
        """

    def memory(self, count: int, longest: int) -> int:
        """Bytes that preparing so many inputs of at most this length takes."""

    def sample(self, length: int, seed: int = 0) -> Any:
        """A made-up input of about this length, the same for the same seed, to see what a model computes."""

    def preparer(self) -> Preparer:
        """What prepares such inputs. Loads what it needs.

        Raises:
            BadModel: the files that it needs are missing or damaged.
            Unsupported: a library that it needs is not installed.
        """


class Preparer(Protocol):
    """Turns inputs into numbers, from any number of threads at once."""

    @property
    def native(self) -> Any:
        """What does the work, for users who want to use it themselves, such as a tokenizer."""

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> Prepared:
        """The numbers of inputs that `Inputs.read` gave; `first` is the place of the first in the call.

        Raises:
            InputError: an input cannot be prepared.
        """

    def beyond(self, feed: str, index: int, table: Table) -> str:
        """What an error says of an input with a number that the table of a feed has no row for."""


class Prepared(Protocol):
    """Inputs as numbers, in their order."""

    @property
    def lengths(self) -> NDArray[Any]:
        """int64 (inputs,): the length of each after the cut."""

    @property
    def full_lengths(self) -> NDArray[Any]:
        """int64 (inputs,): the length of each before it; of a cut one perhaps only what was read."""

    @property
    def attended(self) -> NDArray[Any]:
        """int64 (inputs,): how many positions of each no mask hides."""

    @property
    def truncated(self) -> NDArray[Any]:
        """int64 (cut inputs,): indices of the inputs that were cut."""

    @property
    def ids(self) -> Sequence[NDArray[Any]]:
        """int64 (length,) for each input: what stands at its positions, such as token ids."""

    @property
    def indices(self) -> Mapping[str, Sequence[NDArray[Any]]]:
        """The numbers by which each input indexes tables, by the name of the feed; {} where none does."""

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """The arrays of these names for a batch.

        Args:
            rows: the inputs that go together, by index.
            width: the length to which they are padded.
            blank: rows behind theirs, whose results nobody reads, but which must be finite.
            names: what the graph reads.
        """
