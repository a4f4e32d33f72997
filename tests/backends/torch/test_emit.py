"""Every emitter against the numpy kernel of its primitive."""

import numpy as np
import pytest

from isomorph.program import PRIMITIVES
from isomorph.testing.primitive_suite import PrimitiveTests
from isomorph.testing.primitives import cases

torch = pytest.importorskip("torch")

from isomorph_torch.emit import EMITTERS  # noqa: E402


def run(program, feeds):
    """A program by its emitters alone, node by node."""
    values = {name: torch.from_numpy(feeds[name]) for name in program.feeds}
    for name, constant in program.constants.items():
        values[name] = torch.from_numpy(np.array(constant))
    for node in program.nodes:
        inputs = [values[name] if name else None for name in node.inputs]
        values[node.output] = EMITTERS[node.primitive](*inputs, **node.attrs)
    return {name: values[of].numpy() for name, of in program.outputs.items()}


class TestEmitters(PrimitiveTests):
    @pytest.fixture
    def run(self):
        return run


def test_every_primitive_has_an_emitter():
    assert set(EMITTERS) == PRIMITIVES


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_no_row_loses_a_nan(case):
    for spoilt in case.with_nans():
        expected = spoilt.expected()
        if expected.dtype.kind == "f":
            found = run(spoilt.program, spoilt.feeds)["out"]
            assert not (_nan_rows(expected) & ~_nan_rows(found)).any(), spoilt.name


def _nan_rows(values):
    return np.isnan(np.atleast_1d(values).reshape(len(np.atleast_1d(values)), -1)).any(axis=1)
