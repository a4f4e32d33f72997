import pytest

from isomorph.testing.suite import BackendTests


class TestReference(BackendTests):
    @pytest.fixture
    def backend_name(self):
        return "reference"
