"""The kit of isomorph: every law about every tiny model of which the backend claims something."""

import pytest

from isomorph.testing.suite import BackendTests


class TestTemplate(BackendTests):
    @pytest.fixture
    def backend_name(self):
        return "template"
