"""A loaded model: its weights as arrays, its program run node by node."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from isomorph.contract import Claim, SessionInfo, Values
from isomorph.program import Program
from isomorph_template.engine import arrays, run


class TemplateSession:
    """The first modules of a model."""

    def __init__(self, program: Program, claim: Claim) -> None:
        self._program: Program | None = program
        self._weights = arrays(program)
        # threads=0: numpy's own pool, which is not sized here. Yours is sized by Options.threads.
        self._effective = SessionInfo(
            claim.device, f"numpy {np.__version__}", provider="einsum", threads=0, lanes=1
        )

    @property
    def effective(self) -> SessionInfo:
        """What the engine answers, not what was asked."""
        return self._effective

    @property
    def native(self) -> Mapping[str, object]:
        """Nothing worth reaching for."""
        return {}

    def forward(self, values: Values) -> Values:
        """Runs the program; results are float32 and C-contiguous."""
        program = self._program
        if program is None:
            raise RuntimeError("This session is closed.")
        results = run(program, {**self._weights, **values})
        return {name: np.array(each, np.float32, order="C") for name, each in results.items()}

    def save(self, folder: Path) -> None:
        """Nothing to write: the model's own files are what it runs."""

    def close(self) -> None:
        """Lets go of the weights."""
        self._program = None
        self._weights = {}
