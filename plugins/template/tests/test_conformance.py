import pytest

from isomorph.testing.suite import BackendTests


class TestTemplate(BackendTests):
    @pytest.fixture
    def backend_name(self):
        return "template"
