"""The wire format, as it is written, against the onnx package."""

from __future__ import annotations

import numpy as np
import onnx
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper

from isomorph_onnx import wire
from isomorph_onnx.graph import External, OnnxNode, Port, encode_model


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_survive(value: int):
    content = wire.integer(3, value)
    parsed = onnx.AttributeProto.FromString(content)
    assert parsed.i == value


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_texts_survive(value: str):
    assert onnx.AttributeProto.FromString(wire.text(1, value)).name == value


def test_a_whole_model_reads_back_as_written():
    weight = np.arange(6, dtype=np.float32).reshape(2, 3)
    nodes = [
        OnnxNode("Softmax", ["x"], ["y"], {"axis": -1}),
        OnnxNode("Gelu", ["y"], ["z"], {"approximate": "tanh"}),
        OnnxNode("Mine", ["z"], ["w"], {"scale": 0.5, "perm": [1, 0]}, "com.example"),
    ]
    outside = External("weights.bin", 64, 24, "F32", (2, 3))
    content = encode_model(
        nodes,
        [Port("x", "int64", ("rows", 3))],
        [Port("w", "float32", ("rows", 3))],
        {"inside": weight, "outside": outside, "scalar": np.int64(7)[()]},
        {"key": "value"},
    )
    model = onnx.load_from_string(content)
    assert [node.op_type for node in model.graph.node] == ["Softmax", "Gelu", "Mine"]
    attributes = {
        a.name: onnx.helper.get_attribute_value(a) for n in model.graph.node for a in n.attribute
    }
    assert attributes == {"axis": -1, "approximate": b"tanh", "scale": 0.5, "perm": [1, 0]}
    assert {(d.domain, d.version) for d in model.opset_import} == {("", 20), ("com.example", 1)}
    inside, external, scalar = model.graph.initializer
    np.testing.assert_array_equal(numpy_helper.to_array(inside), weight)
    assert {e.key: e.value for e in external.external_data} == {
        "location": "weights.bin",
        "offset": "64",
        "length": "24",
    }
    assert numpy_helper.to_array(scalar) == 7
    assert numpy_helper.to_array(scalar).shape == ()
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "rows"
    assert model.metadata_props[0].value == "value"
