"""Sessions: artifacts of ours and of others, refusals, devices."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from isomorph.contract import Claim, Device, Graph, Model, Module, Options, Tensor
from isomorph.errors import BadModel, DeviceUnavailable, EngineConflict, Unsupported
from isomorph.program import lower
from isomorph.testing.models import write
from isomorph_onnx import devices, engine
from isomorph_onnx.backend import OnnxBackend
from isomorph_onnx.emit import Emitter
from isomorph_onnx.graph import External
from isomorph_onnx.write import in_place

CPU = Device("cpu")
WIDTH = 4


@pytest.fixture
def dense(tmp_path):
    """A chain of Dense and Normalize whose only weight lies in a file of its own."""
    rng = np.random.default_rng(1)
    weight = rng.normal(size=(300, WIDTH)).astype(np.float32)
    (tmp_path / "weights").write_bytes(weight.tobytes())
    config = {
        "in_features": WIDTH,
        "out_features": 300,
        "bias": False,
        "activation_function": "torch.nn.modules.activation.Tanh",
        "use_residual": False,
    }
    name = ("sentence_embedding",)
    modules = (
        Module(
            "dense",
            "0",
            config=config,
            weights=("linear.weight",),
            inputs=("offered",),
            outputs=name,
        ),
        Module("normalize", "1", folder="", inputs=name, outputs=name),
    )
    tensor = Tensor(tmp_path / "weights", 0, weight.nbytes, "F32", weight.shape)
    graph = Graph(("offered",), modules, name)
    return Model.of(graph, tmp_path, {"0": {"linear.weight": tensor}}), weight


def expected(weight, x):
    y = np.tanh(x @ weight.T)
    return y / np.linalg.norm(y, axis=1, keepdims=True)


def load(model, options=None):
    backend = OnnxBackend()
    claim = backend.claim(model, CPU)
    return backend.load(model.prefix(claim.depth), claim, options or Options())


def test_a_lowered_chain_computes_and_reports_itself(dense):
    model, weight = dense
    session = load(model, Options(threads=2, lanes=2))
    x = np.eye(WIDTH, dtype=np.float32)
    found = session.forward({"offered": x})["sentence_embedding"]
    np.testing.assert_allclose(found, expected(weight, x), atol=1e-6)
    assert (session.effective.device, session.effective.lanes, session.effective.threads) == (
        CPU,
        2,
        2,
    )
    assert session.effective.provider == "CPUExecutionProvider"


def test_a_chain_may_write_the_name_that_it_reads(dense):
    model, _ = dense
    x = np.full((2, 4), 3, np.float32)
    found = load(model.rest(1)).forward({"sentence_embedding": x})
    np.testing.assert_allclose(found["sentence_embedding"], x / 6, atol=1e-6)


def placed(model):
    return in_place(model, Emitter(lower(model), "plain"))


def test_weights_are_named_by_their_place_and_not_copied(dense):
    model, _ = dense
    found = placed(model)
    assert not found.weights
    (place,) = [value for value in found.constants.values() if isinstance(value, External)]
    assert (place.location, place.offset, place.nbytes) == ("weights", 0, 300 * WIDTH * 4)
    assert found.folder == model.folder


def test_weights_behind_a_link_as_in_a_hub_cache_are_not_copied_either(dense, tmp_path_factory):
    model, weight = dense
    blob = tmp_path_factory.mktemp("blobs") / "blob"
    (model.folder / "weights").rename(blob)
    (model.folder / "weights").symlink_to(blob)
    assert not placed(model).weights
    x = np.eye(WIDTH, dtype=np.float32)
    found = load(model).forward({"offered": x})["sentence_embedding"]
    np.testing.assert_allclose(found, expected(weight, x), atol=1e-6)


def test_weights_of_another_type_are_handed_over(dense):
    model, weight = dense
    (model.folder / "weights").write_bytes(weight.astype(np.float16).tobytes())
    tensor = model.tensors["0"]["linear.weight"]
    half = replace(tensor, dtype="F16", nbytes=tensor.nbytes // 2)
    model = replace(model, tensors={"0": {"linear.weight": half}})
    assert len(placed(model).weights) == 1
    x = np.eye(WIDTH, dtype=np.float32)
    found = load(model).forward({"offered": x})["sentence_embedding"]
    np.testing.assert_allclose(found, expected(weight, x), atol=1e-3)


def test_a_saved_artifact_serves_without_the_weights(dense):
    model, weight = dense
    session = load(model)
    session.save(model.folder)
    session.save(model.folder)  # a second time replaces the first and leaves nothing behind
    names = sorted(path.name for path in (model.folder / "onnx").iterdir())
    assert len(names) == 2
    assert names[1] == "model.onnx"
    onnx.checker.check_model(str(model.folder / "onnx" / "model.onnx"))
    bare = Model.of(model.graph, model.folder)
    claim = OnnxBackend().claim(bare, CPU)
    assert claim.depth == 2
    assert claim.artifact == model.folder / "onnx" / "model.onnx"
    x = np.ones((2, WIDTH), np.float32)
    again = OnnxBackend().load(bare, claim, Options())
    found = again.forward({"offered": x})["sentence_embedding"]
    np.testing.assert_allclose(found, expected(weight, x), atol=1e-6)
    assert again.effective.artifact == claim.artifact


@pytest.fixture
def exported(tmp_path):
    """What exporters of other libraries write: an encoder's hidden state and nothing more."""
    shape = ["rows", "width"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask", "token_type_ids", "position_ids")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, 1])
    nodes = [
        helper.make_node("Add", ["input_ids", "token_type_ids"], ["a"]),
        helper.make_node("Add", ["a", "position_ids"], ["b"]),
        helper.make_node("Cast", ["b"], ["c"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["c", "axis"], ["last_hidden_state"]),
    ]
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [2])
    graph = helper.make_graph(nodes, "exported", inputs, [output], [axis])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    (tmp_path / "onnx").mkdir()
    onnx.save(model, tmp_path / "onnx" / "model.onnx")
    feeds = ("input_ids", "attention_mask")
    unknown = {"transformer": {"model_type": "unheard-of"}}
    tokens, sentence = ("token_embeddings",), ("sentence_embedding",)
    encoder = Module("transformer", "0", config=unknown, inputs=feeds, outputs=tokens)
    reads = (*tokens, "attention_mask")
    pooling = Module(
        "pooling",
        "1",
        folder="1_Pooling",
        config={"modes": ("mean",)},
        inputs=reads,
        outputs=sentence,
    )
    return Model.of(Graph(feeds, (encoder, pooling), sentence), tmp_path)


def test_an_exported_encoder_is_followed_by_the_modules_that_it_lacks(exported):
    claim = OnnxBackend().claim(exported, CPU)
    assert (claim.depth, claim.artifact) == (2, exported.folder / "onnx" / "model.onnx")
    session = OnnxBackend().load(exported, claim, Options())
    assert session.effective.artifact == claim.artifact
    ids = np.array([[5, 6], [7, 8]])
    feeds = {"input_ids": ids, "attention_mask": np.array([[1, 1], [1, 0]])}
    found = session.forward(feeds)
    np.testing.assert_allclose(found["sentence_embedding"][:, 0], [6, 7])
    tokens = exported.with_graph(exported.graph.until(["token_embeddings"]))
    claim = OnnxBackend().claim(tokens, CPU)
    found = OnnxBackend().load(tokens, claim, Options()).forward(feeds)
    np.testing.assert_array_equal(found["token_embeddings"][:, :, 0], ids + np.arange(2))


def test_a_damaged_artifact_is_named(exported):
    file = exported.folder / "onnx" / "model.onnx"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(BadModel, match=r"model\.onnx is not a complete ONNX file"):
        OnnxBackend().claim(exported, CPU)


def test_an_artifact_that_is_asked_for_and_absent_is_refused_with_what_there_is(exported):
    with pytest.raises(Unsupported, match=r"'other\.onnx' was asked for.*onnx/model\.onnx"):
        OnnxBackend().claim(replace(exported, artifact="other.onnx"), CPU)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(arithmetic="float16"), "this backend is of float32"),
        (Options(model_kwargs={"attn_implementation": "sdpa"}), "attn_implementation"),
        (Options(model_kwargs={"provider": "CUDAExecutionProvider"}), "device="),
    ],
)
def test_what_would_be_ignored_is_refused(dense, options, said):
    with pytest.raises(Unsupported, match=said):
        load(dense[0], options)


def test_forward_after_close_raises(dense):
    session = load(dense[0])
    session.close()
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.forward({"offered": np.ones((1, WIDTH), np.float32)})


def test_two_distributions_of_the_engine_are_a_conflict_with_the_way_out():
    with pytest.raises(EngineConflict) as caught:
        engine.refuse_conflict(["onnxruntime", "onnxruntime-gpu"])
    said = str(caught.value)
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu" in said
    engine.refuse_conflict(["onnxruntime", "onnxruntime"])  # one distribution listed twice is fine


def test_lists_of_files_are_read_only_where_names_leave_a_doubt(tmp_path):
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime-1.0.dist-info").mkdir()
    (tmp_path / "onnx-1.0.dist-info").mkdir()
    assert not engine.doubtful(tmp_path)
    (tmp_path / "onnxruntime_gpu-1.0.dist-info").mkdir()
    assert engine.doubtful(tmp_path)


_LOADS = """
import os, sys
from isomorph import SentenceTransformer
SentenceTransformer(sys.argv[1], backend="onnx").encode("A text.")
assert "onnxruntime" in sys.modules
assert os.environ.get("ORT_DISABLE_TELEMETRY", "") == sys.argv[2]
"""


@pytest.mark.parametrize("asked", ["", "1"])
def test_the_engine_keeps_and_sends_no_events(tmp_path, asked):
    model = write("bert", tmp_path / "model")
    home = tmp_path / "home"
    home.mkdir()
    changed = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    environment = {key: value for key, value in os.environ.items() if key not in changed}
    environment |= {"HOME": str(home)} | ({"ORT_DISABLE_TELEMETRY": asked} if asked else {})
    command = [sys.executable, "-c", _LOADS, str(model), asked]
    subprocess.run(command, check=True, env=environment)
    assert not list(home.rglob("*"))


def test_gpus_count_only_where_the_driver_lists_them(tmp_path):
    assert devices.cuda_count(tmp_path / "absent", "linux") == 0
    (tmp_path / "0000:01:00.0").mkdir()
    assert devices.cuda_count(tmp_path, "linux") == 1


def test_a_device_that_this_build_does_not_serve_is_refused(dense):
    with pytest.raises(DeviceUnavailable, match=r"'dml:0' was asked for.*cpu"):
        OnnxBackend().load(dense[0], Claim(Device("dml"), 2), Options())
