import pytest

from isomorph.testing.suite import BackendTests


class TestOpenVino(BackendTests):
    @pytest.fixture
    def backend_name(self):
        return "openvino"
