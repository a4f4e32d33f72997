"""Feeds of any shape for sessions that take few: as core does, the kit pads them and cuts the results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Backend,
    Claim,
    Device,
    Model,
    Options,
    Session,
    SessionInfo,
    Values,
)
from isomorph.errors import IsomorphError
from isomorph.preprocess.text import Text
from isomorph.schedule.lattice import Lattice
from isomorph.testing.compare import LawBroken, require


class OnLattice:
    """A backend whose sessions meet the shapes that it claims, and no others."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def devices(self) -> Sequence[Device]:
        """Those of the backend."""
        return self._backend.devices()

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """That of the backend."""
        return self._backend.claim(model, device, asked)

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """A session of the backend, behind feeds of its shapes where it claims some."""
        own = replace(options, beside=_unwrapped(options.beside))
        with telling(model, claim, "load"):
            loaded: Any = self._backend.load(model, claim, own)
        if not isinstance(loaded, Session):
            return loaded  # type: ignore[no-any-return]  # a law says what it lacks
        session: Session = Telling(loaded, model, claim)
        always = claim.batches.are_fixed or claim.max_shapes == 0
        if not always or model.graph.ragged or not isinstance(model.inputs, Text):
            return session
        lattice = Lattice(claim.batches.widths, claim.batches.rows, model.inputs.longest)
        return Padding(session, lattice, model.inputs.pad_id)


@contextmanager
def telling(model: Model, claim: Claim, call: str) -> Iterator[None]:
    """A call into a backend that claims modules; what it raises unasked is told with the claim.

    Raises:
        LawBroken: it raised what the contract does not name.
    """
    try:
        yield
    except (IsomorphError, LawBroken):
        raise
    except Exception as cause:
        modules = ", ".join(module.kind for module in model.graph.modules)
        raise LawBroken(
            f"model {model.folder.name!r}: {claim.depth} modules are claimed ({modules}), and {call} raises "
            f"{cause!r}. Claim less, or raise an error of isomorph with the reason"
        ) from cause


class _Around:
    """A session around another, which does as that one does."""

    def __init__(self, session: Session) -> None:
        self.inner = session

    @property
    def effective(self) -> SessionInfo:
        """As the session says."""
        return self.inner.effective

    @property
    def native(self) -> Mapping[str, object]:
        """As the session says."""
        return self.inner.native

    def save(self, folder: Path) -> None:
        """As the session does."""
        self.inner.save(folder)

    def close(self) -> None:
        """As the session does."""
        self.inner.close()


def _unwrapped(session: Any) -> Any:
    """The backend's own session, in whatever the kit put around it."""
    while isinstance(session, _Around):
        session = session.inner
    return session


class Telling(_Around):
    """A session whose exceptions are told with the claim."""

    def __init__(self, session: Session, model: Model, claim: Claim) -> None:
        super().__init__(session)
        self._model, self._claim = model, claim
        self._is_closed = False

    def forward(self, values: Values) -> Values:
        """As the session does.

        Raises:
            LawBroken: the session, which is open, raised what the contract does not name.
        """
        if self._is_closed:
            return self.inner.forward(values)
        with telling(self._model, self._claim, "forward"):
            return self.inner.forward(values)

    def close(self) -> None:
        """As the session does."""
        self._is_closed = True
        super().close()


class Padding(_Around):
    """A session that pads its feeds on the right, and adds rows that nobody reads."""

    def __init__(self, session: Session, lattice: Lattice, pad_id: int) -> None:
        super().__init__(session)
        self._lattice, self._pad_id = lattice, pad_id

    def forward(self, values: Values) -> Values:
        """Asks for as many rows at once as there may be; results are of the shapes of the feeds.

        Raises:
            LawBroken: the session wrote into its feeds.
        """
        count, width = next(array.shape for array in values.values() if array.ndim == 2)
        found: list[Values] = []
        start = 0
        while start < count:
            rows = self._rows(count - start)
            part = {
                n: array[start : start + min(rows, count - start)] for n, array in values.items()
            }
            found.append(self._part(part, rows, width))
            start += rows
        if len(found) == 1:
            return found[0]
        return {
            name: np.concatenate([each[name] for each in found], axis=max(0, array.ndim - 3))
            for name, array in found[0].items()
        }

    def _rows(self, left: int) -> int:
        """The smallest number of rows that holds all that is left, or the largest."""
        if not self._lattice.rows:
            return 1 << (left - 1).bit_length()
        return next((n for n in self._lattice.rows if n >= left), self._lattice.rows[-1])

    def _part(self, values: Values, rows: int, width: int) -> Values:
        count = len(next(iter(values.values())))
        wide = self._lattice.width(width)
        padded = {name: self._padded(name, array, rows, wide) for name, array in values.items()}
        before = {name: array.copy() for name, array in padded.items()}
        results = self.inner.forward(padded)
        for name, array in before.items():
            require(np.array_equal(array, padded[name]), f"forward wrote into {name!r}")
        if (rows, wide) == (count, width) or not isinstance(results, Mapping):
            return results
        return {name: _cut(array, count, width) for name, array in results.items()}

    def _padded(self, name: str, array: NDArray[Any], rows: int, width: int) -> NDArray[Any]:
        blank = rows - len(array)
        if array.ndim == 1:
            return np.concatenate([array, np.zeros(blank, array.dtype)])
        fill = self._pad_id if name == "input_ids" else 0
        wider = np.pad(array, ((0, 0), (0, width - array.shape[1])), constant_values=fill)
        below = np.full((blank, width), 1 if name == "attention_mask" else fill, array.dtype)
        return np.concatenate([wider, below])


def _cut(array: Any, rows: int, width: int) -> Any:
    """The part of a result that was asked for, in the order of its memory; what is no array as it is."""
    if not isinstance(array, np.ndarray):
        return array
    part = array[:rows] if array.ndim < 3 else array[..., :rows, :width, :]
    return part.copy(order="K" if array.flags.c_contiguous or array.flags.f_contiguous else "F")
