"""A backend: runs models that are a table of vectors, one for each token, whose mean is the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Claim,
    Device,
    Model,
    Options,
    SessionInfo,
    Values,
)
from isomorph.errors import Unsupported


def name_of(model: Model) -> str:
    """The file that stands for a chain; another one than for a part of that chain."""
    return f"template-{len(model.graph)}.npy"


class TableBackend:
    """Claims a whole model where its folder holds a table, and nothing of any other."""

    def devices(self) -> Sequence[Device]:
        """The CPU."""
        return (Device("cpu"),)

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """All modules or none. A claim reads no weights."""
        if asked.arithmetic not in (None, "float32"):
            raise Unsupported("A table is computed with in float32.")
        file = model.file(name_of(model))
        if file is None or not model.graph.ragged:
            return Claim(device, 0, reason=f"there is no {name_of(model)}")
        return Claim(device, len(model.graph), artifact=file)

    def load(self, model: Model, claim: Claim, options: Options) -> "TableSession":
        """The table, mapped."""
        if claim.artifact is None:
            raise Unsupported("There is no table.")
        table = np.load(claim.artifact, mmap_mode="r")
        engine = f"numpy {np.__version__}"
        effective = SessionInfo(claim.device, engine, provider="table", threads=1, lanes=1)
        return TableSession(model, table, effective)


@dataclass
class TableSession:
    """A table of (tokens, features), float32."""

    model: Model
    table: NDArray[np.float32] | None
    effective: SessionInfo
    native: Mapping[str, object] = field(default_factory=dict)

    def forward(self, values: Values) -> Values:
        """The mean of each row's vectors, (rows, features); zeros for a row without tokens."""
        if self.table is None:
            raise RuntimeError("This session is closed.")
        rows = np.split(values["input_ids"], values["offsets"][1:])
        means = [self.table[ids].mean(0) if len(ids) else 0 * self.table[0] for ids in rows]
        (output,) = self.model.graph.outputs
        return {output: np.array(means, np.float32, order="C").reshape(len(rows), -1)}

    def save(self, folder: Path) -> None:
        """Writes the table beside the model's own files."""
        if self.table is not None:
            np.save(folder / name_of(self.model), self.table)

    def close(self) -> None:
        """Lets go of the table."""
        self.table = None
