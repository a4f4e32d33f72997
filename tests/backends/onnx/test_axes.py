"""Files whose outputs have other axes than their modules write: named, before anything is broadcast."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from isomorph.contract import BackendInfo, Device, Options
from isomorph.errors import BackendError, BadModel, InputError
from isomorph.runtime.plan import make_plan
from isomorph_onnx.backend import OnnxBackend

from .test_foreign import MEANS, encoder, model_in, table, write

CPU = Device("cpu")
OPSET = (("", 17),)  # the last in which axes are attributes
INFO = BackendInfo("onnx", "isomorph_onnx.backend:OnnxBackend", distribution="isomorph-onnx 0")


def runner(folder, artifact=None):
    model = model_in(folder, artifact=artifact)
    backend = OnnxBackend()
    claim = backend.claim(model, CPU)
    return make_plan(model, INFO, backend, claim).open(Options())


def feeds(*rows):
    ids = np.array(rows, np.int64)
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def odd(path, op, output, rank, **attrs):
    """A look-up, and one operator that changes its axes."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["looked_up"]),
        helper.make_node(op, ["looked_up"], [output], **attrs),
    ]
    outputs = {output: (TensorProto.FLOAT, rank)}
    return write(path, nodes, outputs, {"table": table()}, imports=OPSET)


def test_a_right_file_runs(tmp_path):
    encoder(tmp_path / "model.onnx")
    found = runner(tmp_path).forward(feeds((3, 4), (5, 6)))["sentence_embedding"]
    np.testing.assert_allclose(found, MEANS)


@pytest.mark.parametrize(
    ("axis", "shape"), [(0, r"\(1, 3, 2\)"), (1, r"\(2, 1, 2\)")], ids=["rows", "width"]
)
def test_token_vectors_that_lack_rows_or_positions_are_refused(tmp_path, axis, shape):
    file = odd(tmp_path / "model.onnx", "ReduceMean", "last_hidden_state", 3, axes=[axis])
    said = rf"{file} does not compute .* has the shape {shape}, not \(rows 2, width 3, features\)"
    with pytest.raises(BadModel, match=said):
        runner(tmp_path).forward(feeds((3, 4, 5), (5, 6, 7)))


def test_sentence_vectors_that_lack_rows_are_refused(tmp_path):
    file = odd(
        tmp_path / "model.onnx", "ReduceMean", "sentence_embedding", 2, axes=[0, 1], keepdims=0
    )
    with pytest.raises(
        BadModel, match=rf"{file} .* has the shape \(2,\), not \(rows 2, features 2\)"
    ):
        runner(tmp_path).forward(feeds((3, 4, 5), (5, 6, 7)))


def test_one_row_for_all_texts_is_refused(tmp_path):
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["a"]),
        helper.make_node("ReduceMean", ["a"], ["b"], axes=[0, 1], keepdims=0),
        helper.make_node("Unsqueeze", ["b", "first"], ["sentence_embedding"]),
    ]
    outputs = {"sentence_embedding": (TensorProto.FLOAT, 2)}
    weights = {"table": table(), "first": np.array([0])}
    file = write(tmp_path / "model.onnx", nodes, outputs, weights, imports=OPSET)
    opened = runner(tmp_path)
    assert opened.forward(feeds((3, 4)))["sentence_embedding"].shape == (1, 2)
    with pytest.raises(BadModel, match=rf"{file} .* has the shape \(1, 2\), not \(rows 2"):
        opened.forward(feeds((3, 4), (5, 6)))


def test_features_that_follow_the_width_are_refused_at_the_first_width_that_differs(tmp_path):
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["a"]),
        helper.make_node("Transpose", ["a"], ["b"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["a", "b"], ["last_hidden_state"]),
    ]
    outputs = {"last_hidden_state": (TensorProto.FLOAT, 3)}
    file = write(tmp_path / "model.onnx", nodes, outputs, {"table": table()})
    opened = runner(tmp_path)
    opened.forward(feeds((3, 4)))
    with pytest.raises(
        BadModel, match=rf"{file} .* has the shape \(1, 3\), not \(rows 1, features 2\)"
    ):
        opened.forward(feeds((3, 4, 5)))


def test_an_id_beyond_the_table_of_a_file_is_an_error_of_the_input(tmp_path, capfd):
    file = encoder(tmp_path / "model.onnx", table(rows=20))
    opened = runner(tmp_path)
    opened.forward(feeds((3, 19)))
    with pytest.raises(InputError, match=rf"{file} has no vector for a token .*idx=20"):
        opened.forward(feeds((3, 20)))
    assert capfd.readouterr().err == ""


def test_a_file_of_fixed_axes_is_named(tmp_path):
    import onnx

    file = encoder(tmp_path / "model.onnx")
    model = onnx.load(file)
    for dim in model.graph.input[0].type.tensor_type.shape.dim:
        dim.dim_value = 1
    onnx.save(model, file)
    with pytest.raises(BadModel, match=f"ONNX Runtime cannot run {file}"):
        runner(tmp_path).forward(feeds((3, 4), (5, 6)))


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BOOL])
def test_a_file_that_takes_ids_in_a_type_that_cannot_hold_them_is_refused(tmp_path, kind):
    ports = [helper.make_tensor_value_info("input_ids", kind, ["rows", "width"])]
    result = helper.make_tensor_value_info("last_hidden_state", 1, ["rows", "width", "dim"])
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["ids"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "ids"], ["last_hidden_state"]),
    ]
    from onnx import numpy_helper, save

    graph = helper.make_graph(
        nodes, "g", ports, [result], [numpy_helper.from_array(table(), "table")]
    )
    file = tmp_path / "model.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), file)
    with pytest.raises(
        BadModel, match=rf"{file} wants input_ids as tensor\(.*\), which holds no ids"
    ):
        runner(tmp_path)


def test_a_graph_of_ours_that_fails_is_an_error_of_the_backend(monkeypatch):
    from isomorph_onnx.failures import running

    with (
        pytest.raises(BackendError, match="ONNX Runtime cannot run the graph: broken"),
        running(None),
    ):
        raise RuntimeError("broken")
