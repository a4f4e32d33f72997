import pytest

from isomorph.testing.suite import BackendTests


class TestTorch(BackendTests):
    @pytest.fixture
    def backend_name(self):
        return "torch"
