"""What is claimed, and the reason where it ends."""

import json
import sys
from dataclasses import replace

import pytest

from isomorph.contract import Device, Options
from isomorph.errors import BackendUnavailable, BadModel, DeviceUnavailable, Unsupported
from isomorph.model.graph import Module
from isomorph.plugins.reading import read_model
from isomorph_torch.backend import TorchBackend

CPU = Device("cpu")
POOLING = ("Pooling", {"pooling_mode": "mean"}, {})
DENSE = {"in_features": 32, "out_features": 8, "bias": False}


def claim(model):
    return TorchBackend().claim(model, CPU)


def test_the_cpu_is_the_last_device():
    assert TorchBackend().devices()[-1] == CPU


def test_an_op_without_a_module_stops_the_claim_and_is_named(write_folder):
    model = read_model(write_folder("bert", POOLING))
    name = ("sentence_embedding",)
    odd = Module("spiral", "9", folder="", inputs=name, outputs=name)
    graph = replace(model.graph, modules=(*model.graph.modules, odd))
    found = claim(model.with_graph(graph))
    assert found.depth == 2
    assert "'spiral'" in found.reason


@pytest.mark.parametrize(
    "activation",
    ["os.system", "torch.nn.modules.activation.MultiheadAttention", "torch.nn.Missing"],
)
def test_an_activation_that_is_not_plainly_torchs_stops_the_claim(activation, write_folder, normal):
    head = ("Dense", {**DENSE, "activation_function": activation}, {"linear.weight": normal(8, 32)})
    found = claim(read_model(write_folder("bert", POOLING, head)))
    assert found.depth == 2
    assert activation in found.reason


def test_a_tensor_that_is_missing_or_of_another_shape_stops_the_claim(write_folder, normal):
    for tensors in ({"other": normal(8, 32)}, {"linear.weight": normal(8, 31)}):
        found = claim(read_model(write_folder("bert", POOLING, ("Dense", DENSE, tensors))))
        assert found.depth == 2
        assert "linear.weight" in found.reason


@pytest.mark.parametrize("kind", ["unheard-of", "pegasus"])
def test_an_architecture_without_an_encoder_class_stops_the_claim(kind, write_folder):
    folder = write_folder("bert", POOLING)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": kind}))
    found = claim(read_model(folder))
    assert found.depth == 0
    assert kind in found.reason


def test_a_folder_without_weights_stops_the_claim(write_folder):
    folder = write_folder("bert", POOLING)
    (folder / "model.safetensors").unlink()
    found = claim(read_model(folder))
    assert (found.depth, "holds no weights" in found.reason) == (0, True)


def test_text_that_goes_through_another_method_stops_the_claim(write_folder):
    text = {"method": "get_text_features", "method_output_name": None}
    settings = {"modality_config": {"text": text}, "module_output_name": "token_embeddings"}
    assert "get_text_features" in claim(read_model(write_folder("bert", settings=settings))).reason


def test_a_claim_reads_no_weights(write_folder, monkeypatch):
    model = read_model(write_folder("bert", POOLING))
    monkeypatch.setattr("isomorph.files.folder.open_regular", None)  # nothing can be opened
    assert claim(model).depth == 2


def test_weights_that_changed_since_they_were_read_are_refused(write_folder):
    folder = write_folder("bert", POOLING)
    model = read_model(folder)
    found = claim(model)
    (folder / "model.safetensors").write_bytes(b"damaged since it was read")
    with pytest.raises(BadModel, match="has changed since it was read"):
        TorchBackend().load(model, found, Options())


def test_an_unknown_precision_is_refused_with_those_there_are(write_folder):
    model = read_model(write_folder("bert", POOLING))
    with pytest.raises(Unsupported, match="bfloat16"):
        TorchBackend().load(model, claim(model), Options(arithmetic="int3"))


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_a_missing_engine_is_told_with_the_command_that_adds_it(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BackendUnavailable, match=f"importing {package} failed.*pip install"):
        TorchBackend().devices()


def test_working_accelerators_come_first_and_broken_ones_not_at_all(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    def broken():
        raise RuntimeError("no driver")

    monkeypatch.setattr(torch.xpu, "is_available", broken)
    assert [str(device) for device in TorchBackend().devices()] == ["cuda:0", "cuda:1", "cpu"]


def test_a_device_that_fails_is_an_error_and_not_the_cpu(write_folder):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    model = read_model(write_folder("bert", POOLING))
    found = TorchBackend().claim(model, Device("cuda"))
    with pytest.raises(DeviceUnavailable, match="cuda:0"):
        TorchBackend().load(model, found, Options())
