"""A file of somebody else's, and behind it the graph of the modules that the file does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from isomorph.contract import Effective, Session, Values


class ChainedSession:
    """Two sessions in a row. What crosses between them are a few arrays, not weights."""

    def __init__(self, first: Session, then: Session) -> None:
        self._first = first
        self._then = then

    @property
    def effective(self) -> Effective:
        """The file's: it holds the weights, and its precision is the lower one."""
        return self._first.effective

    @property
    def native(self) -> Mapping[str, object]:
        """The InferenceSession of the file."""
        return self._first.native

    def forward(self, values: Values) -> Values:
        """One run of each."""
        return self._then.forward({**values, **self._first.forward(values)})

    def save(self, folder: Path) -> None:
        """Writes the file alone: what follows it is made from the model's own weights again."""
        self._first.save(folder)

    def close(self) -> None:
        """Frees both."""
        self._first.close()
        self._then.close()
