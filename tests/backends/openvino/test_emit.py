"""Every primitive alone, emitted and compiled, against its numpy kernel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isomorph.primitives import ops
from isomorph.primitives.program import Feed
from isomorph.program import PRIMITIVES, VALUES, Builder
from isomorph.reference.interpret import Interpreter
from isomorph.testing.primitives import cases
from isomorph_openvino.compose import compose
from isomorph_openvino.emit import EMITTERS, ON_CPU
from isomorph_openvino.engine import core, engine

H = 12
CASES = cases()


def _floats(*shape, seed=0, scale=3.0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def _request(program, emitters=EMITTERS):
    """The program, compiled."""
    properties = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = core().compile_model(compose(program, emitters=emitters), "CPU", properties)
    return compiled.create_infer_request()


def _found(request, program, feeds):
    """What OpenVINO computes, by output names."""
    for name in program.feeds:
        request.set_tensor(name, engine().Tensor(np.ascontiguousarray(feeds[name])))
    request.infer()
    return {name: request.get_tensor(name).data.copy() for name in program.outputs}


def _run(program, feeds, emitters=EMITTERS):
    """(what OpenVINO computes, what the reference computes) by output names."""
    found = _found(_request(program, emitters), program, feeds)
    return found, Interpreter(program).run(feeds)


def test_all_primitives_have_an_emitter():
    assert set(EMITTERS) == set(ON_CPU) == PRIMITIVES


def _has_its_own(program):
    """Whether some primitive of a program is emitted for CPUs in another way."""
    used = {node.primitive for node in program.nodes}
    return any(EMITTERS[each] is not ON_CPU[each] for each in used)


EMITTED = [
    *((case, EMITTERS, f"{case.name}-any device") for case in CASES),
    *((case, ON_CPU, f"{case.name}-cpu") for case in CASES if _has_its_own(case.program)),
]


@pytest.mark.parametrize(
    ("case", "emitters"), [each[:2] for each in EMITTED], ids=[each[2] for each in EMITTED]
)
def test_a_primitive_agrees_with_its_kernel(case, emitters):
    found, expected = _run(case.program, case.feeds, emitters)
    assert np.atleast_1d(found["out"]).shape == expected["out"].shape
    assert found["out"].dtype == expected["out"].dtype
    np.testing.assert_allclose(found["out"], expected["out"], rtol=2e-6, atol=4e-6)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_row_loses_a_nan(case):
    request = _request(case.program)
    for spoilt in case.with_nans():
        assert spoilt.program is case.program
        found, expected = _found(request, case.program, spoilt.feeds)["out"], spoilt.expected()
        if expected.dtype.kind == "f":
            assert not (_nan_rows(expected) & ~_nan_rows(found)).any(), spoilt.name


def _nan_rows(values):
    return np.isnan(np.atleast_1d(values).reshape(len(np.atleast_1d(values)), -1)).any(axis=1)


@pytest.mark.parametrize("emitters", [EMITTERS, ON_CPU], ids=["any device", "cpu"])
def test_attention_that_sees_nothing_stays_finite(emitters):
    x = _floats(2, 5, H)
    builder = Builder({"x": VALUES["token_embeddings"], "mask": VALUES["attention_mask"]})
    refs = builder.feed("x"), builder.feed("mask")
    y = ops.attention(refs[0], refs[0], refs[0], refs[1], heads=2, scale=0.5)
    mask = np.array([[1] * 5, [0] * 5])
    found, _ = _run(builder.finish({"y": y}), {"x": x, "mask": mask}, emitters)
    assert np.isfinite(found["y"]).all()


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
    builder = Builder({"input_ids": Feed("int64", ("tokens",))})
    table = builder.constant(_floats(30, H))
    rows = builder.emit("embedding", [table, builder.feed("input_ids")])
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
    from isomorph.files.tensor import Tensor

    weight = _floats(64, H)
    file = tmp_path / "weights.bin"
    file.write_bytes(b"\0" * 8 + weight.tobytes())
    builder = Builder({"x": VALUES["sentence_embedding"]})
    tensor = Tensor(file, 8, weight.nbytes, "F32", weight.shape)
    y = builder.emit("linear", [builder.feed("x"), builder.weight("w", tensor), None])
    program = builder.finish({"y": y})
    constant = next(n for n in compose(program).get_ops() if n.get_type_name() == "Constant")
    maps = [line for line in Path("/proc/self/maps").read_text().splitlines() if str(file) in line]
    spans = [[int(end, 16) for end in line.split()[0].split("-")] for line in maps]
    address = constant.data.ctypes.data
    assert any(begin <= address < end for begin, end in spans)
    found, expected = _run(program, {"x": _floats(7, H)})
    np.testing.assert_allclose(found["y"], expected["y"], atol=1e-5)
