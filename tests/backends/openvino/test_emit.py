"""Every primitive alone, emitted and compiled, against its numpy kernel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isomorph.program import PRIMITIVES, Builder
from isomorph.program.ops import ACTIVATIONS
from isomorph.program.program import Feed
from isomorph.reference.interpret import Interpreter
from isomorph_openvino.compose import compose
from isomorph_openvino.devices import core, engine
from isomorph_openvino.emit import EMITTERS

B, T, H = 3, 7, 12


def _floats(*shape, seed=0, scale=3.0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def _ints(*shape, low=0, high=9, seed=0):
    return np.random.default_rng(seed).integers(low, high, shape)


def _padded(*lengths):
    return np.array([[1] * n + [0] * (T - n) for n in lengths])


X, Y = _floats(B, T, H), _floats(B, T, H, seed=1)
POSITIVE = np.abs(X) + np.float32(0.1)
MASK = _padded(7, 1, 4)

# name -> (primitive, inputs, attributes). A tuple ("w", array) is a weight, None an absent input.
CASES = {
    **{name: (name, [X, Y], {}) for name in ("add", "subtract", "multiply", "maximum")},
    "add int64": ("add", [_ints(B, T), _ints(T, seed=1)], {}),
    "add scalar": ("add", [X, ("w", np.float32(0.5))], {}),
    "subtract int64": ("subtract", [("w", np.array([1])), MASK], {}),
    "multiply int64": ("multiply", [MASK, _ints(1, T, high=300)], {}),
    "multiply broadcast": ("multiply", [X, _floats(H, seed=2)], {}),
    "divide": ("divide", [X, POSITIVE], {}),
    "divide by column": ("divide", [_floats(B, H), np.abs(_floats(B, 1)) + 1], {}),
    "maximum scalar": ("maximum", [X, ("w", np.float32(1e-9))], {}),
    **{f"activation {kind}": ("activation", [X * 3], {"kind": kind}) for kind in ACTIVATIONS},
    "arange": ("arange", [_ints(B, T)], {"axis": 1}),
    "arange first": ("arange", [_ints(B, T)], {"axis": 0}),
    "argmax": ("argmax", [_ints(B, T)], {"axis": 1}),
    "argmax ties": ("argmax", [np.zeros((B, T), np.int64)], {"axis": 1}),
    "argmax many ties": ("argmax", [_ints(40, 300, high=2)], {"axis": 1}),
    "argmax last": ("argmax", [_ints(B, T)], {"axis": -1}),
    "attention": ("attention", [X, Y, X + Y, MASK], {"heads": 3, "scale": 0.5}),
    "attention left": ("attention", [X, Y, X, MASK[:, ::-1].copy()], {"heads": 4, "scale": 1.0}),
    "attention empty": ("attention", [X, Y, X, _padded(7, 0, 2)], {"heads": 1, "scale": 0.2}),
    "cast to float": ("cast", [_ints(B, T)], {"dtype": "float32"}),
    "cast to int": ("cast", [_ints(B, T).astype(np.float32)], {"dtype": "int64"}),
    **{
        f"compare {kind}": ("compare", [_ints(B, T), _ints(T, seed=3)], {"kind": kind})
        for kind in ("equal", "greater", "greater_equal")
    },
    "concat": ("concat", [X, Y, X], {"axis": 1}),
    "concat last": ("concat", [X, Y], {"axis": -1}),
    "cumsum": ("cumsum", [_ints(B, T, high=2)], {"axis": 1}),
    "embedding": ("embedding", [("w", _floats(30, H)), _ints(B, T, high=30)], {}),
    "embedding ragged": ("embedding", [("w", _floats(30, H)), _ints(5, high=30)], {}),
    "embedding of a layer": ("embedding", [_floats(4, B, T, H), ("w", np.int64(2))], {}),
    "embedding of a vector": ("embedding", [("w", _floats(4)), ("w", np.int64(2))], {}),
    "layer_norm": ("layer_norm", [X, ("w", _floats(H)), ("w", _floats(H, seed=1))], {"eps": 1e-5}),
    "layer_norm no bias": ("layer_norm", [X + 10, ("w", _floats(H)), None], {"eps": 1e-12}),
    "layer_norm 2-D": ("layer_norm", [X[0] * 1e-4, ("w", _floats(H)), None], {"eps": 1e-5}),
    "linear": ("linear", [X, ("w", _floats(5, H)), ("w", _floats(5))], {}),
    "linear no bias": ("linear", [X, ("w", _floats(5, H)), None], {}),
    "linear 2-D": ("linear", [X[0], ("w", _floats(5, H)), ("w", _floats(5))], {}),
    "log1p": ("log1p", [POSITIVE], {}),
    "log1p near 0": ("log1p", [POSITIVE * np.float32(1e-6)], {}),
    "matmul": ("matmul", [_floats(B, 1, T), X], {}),
    "matmul 2-D": ("matmul", [_floats(B, T), _floats(T, H)], {}),
    "reduce sum": ("reduce", [X], {"kind": "sum", "axis": 1, "keepdims": False}),
    "reduce sum kept": ("reduce", [X], {"kind": "sum", "axis": -1, "keepdims": True}),
    "reduce sum int64": ("reduce", [MASK], {"kind": "sum", "axis": 1, "keepdims": True}),
    "reduce max": ("reduce", [X], {"kind": "max", "axis": 1, "keepdims": False}),
    "reduce max of -inf": (
        "reduce",
        [np.full((B, T, H), -np.inf, np.float32)],
        {"kind": "max", "axis": 1, "keepdims": False},
    ),
    "segment_mean": ("segment_mean", [X[0], np.array([0, 2, 3])], {}),
    "segment_mean empty": ("segment_mean", [X[0], np.array([0, 0, 3, 3, 7, 7])], {}),
    "segment_mean no rows": ("segment_mean", [X[0, :0], np.array([0, 0])], {}),
    "sqrt": ("sqrt", [POSITIVE], {}),
    "squeeze": ("squeeze", [X[:, :1]], {"axis": 1}),
    "take": ("take", [X, np.array([0, 6, 3])], {}),
    "unsqueeze": ("unsqueeze", [X], {"axis": 0}),
    "unsqueeze last": ("unsqueeze", [X], {"axis": 3}),
}


def _run(program, feeds):
    """(what OpenVINO computes, what the reference computes) by output names."""
    properties = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    request = core().compile_model(compose(program), "CPU", properties).create_infer_request()
    for name in program.feeds:
        request.set_tensor(name, engine().Tensor(np.ascontiguousarray(feeds[name])))
    request.infer()
    found = {name: request.get_tensor(name).data.copy() for name in program.outputs}
    return found, Interpreter(program).run(feeds)


def _program(primitive, inputs, attrs):
    feeds = {}
    for index, value in enumerate(inputs):
        if isinstance(value, np.ndarray):
            feeds[f"x{index}"] = value
    types = {name: Feed(str(value.dtype), value.ndim) for name, value in feeds.items()}
    builder = Builder(types)
    refs = []
    for index, value in enumerate(inputs):
        if isinstance(value, tuple):
            refs.append(builder.constant(value[1]))
        else:
            refs.append(None if value is None else builder.feed(f"x{index}"))
    result = builder.emit(primitive, refs, **attrs)
    if primitive == "compare":
        result = builder.emit("cast", [result], dtype="int64")
    return builder.finish({"y": result}), feeds


def test_all_primitives_have_an_emitter_and_a_case():
    assert set(EMITTERS) == PRIMITIVES
    assert {case[0] for case in CASES.values()} | {"where"} == PRIMITIVES


@pytest.mark.parametrize("case", CASES)
def test_a_primitive_agrees_with_its_kernel(case):
    program, feeds = _program(*CASES[case])
    found, expected = _run(program, feeds)
    assert np.atleast_1d(found["y"]).shape == expected["y"].shape
    assert found["y"].dtype == expected["y"].dtype
    if case == "attention empty":  # such a row is unspecified, but finite
        assert np.isfinite(found["y"]).all()
        found["y"][1] = expected["y"][1]
    np.testing.assert_allclose(found["y"], expected["y"], rtol=2e-6, atol=1e-5)


def test_where_chooses_as_numpy_does_even_beside_infinity():
    builder = Builder({"a": Feed("float32", 3), "m": Feed("int64", 2)})
    a, mask = builder.feed("a"), builder.feed("m")
    condition = builder.emit("unsqueeze", [mask], axis=2)
    condition = builder.emit(
        "compare", [condition, builder.constant(np.array([0]))], kind="greater"
    )
    y = builder.emit("where", [condition, a, builder.constant(-np.inf)])
    found, expected = _run(builder.finish({"y": y}), {"a": X, "m": MASK})
    np.testing.assert_array_equal(found["y"], expected["y"])


@pytest.mark.parametrize(
    ("tokens", "offsets"),
    [
        ([1, 2, 3, 4], [0, 2]),
        ([1, 2, 3, 4], [0, 0, 3, 3]),
        ([5], [0, 1, 1]),
        ([], [0, 0, 0]),
    ],
)
def test_a_mean_over_gathered_rows_reads_the_table_alone(tokens, offsets):
    builder = Builder()
    table = builder.constant(_floats(30, H))
    rows = builder.emit("embedding", [table, builder.feed("input_ids", 1)])
    program = builder.finish({"y": builder.emit("segment_mean", [rows, builder.feed("offsets")])})
    assert "Gather" not in {node.get_type_name() for node in _weights_users(compose(program))}
    feeds = {"input_ids": np.array(tokens, np.int64), "offsets": np.array(offsets, np.int64)}
    found, expected = _run(program, feeds)
    assert found["y"].shape == (len(offsets), H)
    np.testing.assert_allclose(found["y"], expected["y"], atol=1e-6)


def _weights_users(model):
    """The nodes that read a two-dimensional constant."""
    for node in model.get_ops():
        for port in node.input_values():
            if port.get_node().get_type_name() == "Constant" and len(port.get_shape()) == 2:
                yield node


def test_float_weights_are_shared_and_not_copied(tmp_path):
    from isomorph.model import Tensor

    weight = _floats(64, H)
    file = tmp_path / "weights.bin"
    file.write_bytes(b"\0" * 8 + weight.tobytes())
    builder = Builder({"x": Feed("float32", 2)})
    tensor = Tensor(file, 8, weight.nbytes, "F32", weight.shape)
    y = builder.emit("linear", [builder.feed("x"), builder.weight("w", tensor), None])
    program = builder.finish({"y": y})
    constant = next(n for n in compose(program).get_ops() if n.get_type_name() == "Constant")
    maps = [line for line in Path("/proc/self/maps").read_text().splitlines() if str(file) in line]
    spans = [[int(end, 16) for end in line.split()[0].split("-")] for line in maps]
    address = constant.data.ctypes.data
    assert any(begin <= address < end for begin, end in spans)
    found, expected = _run(program, {"x": X[0]})
    np.testing.assert_allclose(found["y"], expected["y"], atol=1e-5)
