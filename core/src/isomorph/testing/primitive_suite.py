"""The primitives as a test class: what to make pass before any model.

class TestMyPrimitives(PrimitiveTests):
    @pytest.fixture
    def run(self):
        return lambda program, feeds: my_engine(program)(feeds)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from isomorph.program import Program
from isomorph.testing.primitives import Case, cases

Run = Callable[[Program, Mapping[str, NDArray[Any]]], Mapping[str, NDArray[Any]]]
"""Runs a program on its feeds, both by name, and gives its outputs by name."""


class PrimitiveTests:
    """One test a small program. A subclass provides the fixture `run` and names what it lacks.

    `lacking` are primitives that the engine does not have; programs with them are skipped. `within` is how
    far a number may be from that of the numpy kernel, in units of 1 and of that number.
    """

    lacking: frozenset[str] = frozenset()
    within: float = 1e-5

    @pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
    def test_primitive(self, case: Case, run: Run) -> None:
        """The engine gives the numbers, the type and the shape of the numpy kernel."""
        missing = {node.primitive for node in case.program.nodes} & self.lacking
        if missing:
            pytest.skip(f"the engine lacks {', '.join(sorted(missing))}")
        expected = case.expected()
        found = run(case.program, case.feeds)["out"]
        assert isinstance(found, np.ndarray), f"{type(found).__name__}, not a numpy array"
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=self.within, atol=self.within)
