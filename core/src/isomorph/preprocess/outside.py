"""Inputs that lie elsewhere, behind an address, or in a form that a plugin decodes; loaded when needed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from isomorph.errors import InputError, Unsupported
from isomorph.machine.foreign import is_of_the_program
from isomorph.messages.shown import shown

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decoder:
    """A form of inputs that core does not read, and what makes of them something that core reads.

    Both functions are called from several threads at once. For worker processes they must be picklable.
    """

    modality: str
    """What such inputs are: ``"image"``, ``"audio"`` or ``"video"``."""
    accepts: Callable[[Any], bool]
    """Whether an input is of this form; asked of every input of models with the modality, and quick."""
    decode: Callable[[Any], Any]
    """The input in any form that core takes: bytes of a file, an array, a dictionary, a PIL image.

    What it raises becomes an `InputError` that names the input and the plugin.
    """


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """An input that somebody else loads; `said` is what does it, such as ``"decoded by plugin heif 1.0"``."""

    modality: str
    value: Any
    load: Callable[[Any], Any]
    said: str

    @property
    def key(self) -> Hashable:
        """Equal for equal texts and bytes; other objects are equal to themselves."""
        return self.value if isinstance(self.value, str | bytes) else (id(self.value),)

    def loaded(self, index: int) -> Any:
        """What it is, in a form that core takes.

        Raises:
            InputError: it cannot be loaded; names the input at `index`, and why.
        """
        try:
            return self.load(self.value)
        except Unsupported:
            raise
        except BaseException as cause:  # a plugin's, or that of a network
            if is_of_the_program(cause):
                raise
            why = str(cause).rstrip(".") or type(cause).__name__
            raise InputError(
                f"Input {index} ({shown(self.value)}) cannot be {self.said}: {why}."
            ) from cause

    def read(self, index: int, reader: Callable[[Any, int], T]) -> T:
        """What `reader` makes of it, which takes inputs that nobody has to load.

        Raises:
            InputError: as `loaded`, or it is no form of input; names who made it.
        """
        value = self.loaded(index)
        try:
            return reader(value, index)
        except InputError as cause:
            said = str(cause).rstrip(".")
            raise InputError(f"{said}. It was {self.said} from {shown(self.value)}.") from cause
