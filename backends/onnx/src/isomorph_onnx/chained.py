"""A file of somebody else's, and behind it the graph of the modules that the file does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from isomorph.contract import Model, Session, SessionInfo, Values
from isomorph.program import Expected


class ChainedSession:
    """Two sessions in a row. What crosses between them are a few arrays, not weights."""

    def __init__(self, first: Session, file: Path, head: Model, then: Session) -> None:
        """`first` runs the modules of `head`, by a file in the folder; `then` all others."""
        self._first = first
        self._file = file
        self._expected = Expected(head)
        self._then = then

    @property
    def effective(self) -> SessionInfo:
        """The file's: it holds the weights, perhaps in fewer bits; what follows has float32."""
        return self._first.effective

    @property
    def native(self) -> Mapping[str, object]:
        """The InferenceSession of the file."""
        return self._first.native

    def forward(self, values: Values) -> Values:
        """One run of each.

        Raises:
            BadModel: the file computes values of other shapes than its modules write.
        """
        passed = self._first.forward(values)
        self._expected.refuse(self._file, {k: v.shape for k, v in passed.items()}, values)
        return self._then.forward({**values, **passed})

    def save(self, folder: Path) -> None:
        """Writes the file alone: what follows it is made from the model's own weights again."""
        self._first.save(folder)

    def close(self) -> None:
        """Frees both."""
        self._first.close()
        self._then.close()
