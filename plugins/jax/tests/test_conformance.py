"""The kit of isomorph: every law about every tiny model."""

import pytest

from isomorph.testing.suite import BackendTests


class TestJax(BackendTests):
    @pytest.fixture
    def backend_name(self):
        return "jax"
