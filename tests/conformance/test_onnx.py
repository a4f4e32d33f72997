import pytest

from isomorph.testing.suite import BackendTests


class TestOnnx(BackendTests):
    @pytest.fixture
    def backend_name(self):
        return "onnx"
