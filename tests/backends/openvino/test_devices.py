"""Names of devices, and an engine that is missing, broken or there twice."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from isomorph.contract import Device
from isomorph.errors import BackendUnavailable, EngineConflict
from isomorph_openvino import devices, engine
from isomorph_openvino.plugin import isomorph_backends


@pytest.fixture
def fresh_engine():
    """Forgets the cached engine before and after."""
    engine.engine.cache_clear()
    yield
    engine.engine.cache_clear()


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("CPU", Device("cpu")),
        ("GPU", Device("gpu")),
        ("GPU.1", Device("gpu", 1)),
        ("(CPU)", Device("cpu")),
        ("NPU", Device("npu")),
        ("GPU.x", None),
    ],
)
def test_names_are_translated(name, device):
    assert devices.from_openvino(name) == device


def test_the_best_comes_first_and_virtual_devices_are_left_out(monkeypatch):
    names = ["CPU", "GPU.1", "GPU.0", "NPU", "BATCH"]
    monkeypatch.setattr(devices, "core", lambda: SimpleNamespace(available_devices=names))
    assert [str(device) for device in devices.list_devices()] == ["gpu:0", "gpu:1", "cpu", "npu:0"]
    assert devices.to_openvino(Device("gpu", 1)) == "GPU.1"


def test_a_missing_engine_is_said_with_the_way_out(monkeypatch, fresh_engine):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(BackendUnavailable, match="pip install --force-reinstall openvino"):
        engine.engine()


def test_two_distributions_of_the_engine_are_refused(monkeypatch, fresh_engine):
    monkeypatch.setattr(engine, "version", lambda name: "1.0")
    with pytest.raises(EngineConflict, match="openvino-nightly"):
        engine.engine()


def test_telemetry_of_others_is_left_as_it_was(monkeypatch):
    kept = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "openvino_telemetry", kept)
    with engine._telemetry_off():
        assert sys.modules["openvino_telemetry"] is None
    assert sys.modules["openvino_telemetry"] is kept


def test_the_plugin_says_where_the_backend_is():
    (info,) = isomorph_backends()
    assert info.name == engine.NAME
    assert info.target == "isomorph_openvino.backend:OpenVINOBackend"
