"""The primitives, one small program each: what to make pass before any model."""

import pytest

from isomorph.program import PRIMITIVES
from isomorph.testing.primitive_suite import PrimitiveTests
from isomorph_template.engine import OPERATORS, arrays, run


class TestPrimitives(PrimitiveTests):
    lacking = frozenset(PRIMITIVES) - OPERATORS.keys()

    @pytest.fixture
    def run(self):
        return lambda program, feeds: run(program, {**arrays(program), **feeds})
