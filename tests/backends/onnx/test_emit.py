"""Every emitter against the numpy kernel of its primitive, in every dialect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from isomorph.contract import Graph, Model  # noqa: E402
from isomorph.program import PRIMITIVES  # noqa: E402
from isomorph.testing.primitives import Case, cases  # noqa: E402
from isomorph_onnx.emit import EMITTERS, Emitter  # noqa: E402
from isomorph_onnx.engine import engine  # noqa: E402
from isomorph_onnx.write import encode  # noqa: E402

CASES = cases()


def test_every_primitive_has_an_emitter_and_a_case():
    assert set(EMITTERS) == PRIMITIVES
    covered = {node.primitive for case in CASES for node in case.program.nodes}
    assert covered == PRIMITIVES


@pytest.mark.parametrize("dialect", ["plain", "fused", "branched"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_emitter_agrees_with_the_kernel(case: Case, dialect: str, tmp_path):
    session = _session(case, dialect, tmp_path)
    found = _run(session, case)
    expected = case.expected()
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dialect", ["plain", "fused", "branched"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_row_loses_a_nan(case: Case, dialect: str, tmp_path):
    session = _session(case, dialect, tmp_path)
    for spoilt in case.with_nans():
        expected = spoilt.expected()
        if expected.dtype.kind == "f":
            lost = _nan_rows(expected) & ~_nan_rows(_run(session, spoilt))
            assert not lost.any(), spoilt.name


def test_no_row_loses_a_nan_of_a_recurrences_weights(tmp_path):
    case = next(case for case in CASES if case.name.startswith("lstm"))
    weights = {
        n: w for n, w in case.program.constants.items() if w.ndim
    }  # a number fills padding up
    for name, weight in weights.items():
        spoilt = weight.copy()
        spoilt.reshape(-1)[-1] = np.nan
        program = replace(case.program, constants={**case.program.constants, name: spoilt})
        found = _run(_session(replace(case, program=program), "plain", tmp_path), case)
        assert _nan_rows(found).all()


def _session(case, dialect, folder):
    emitter = Emitter(case.program, dialect)
    model = Model.of(Graph((), (), ()), folder)
    content = encode(model, case.program, emitter, emitter.constants)
    onnx.checker.check_model(onnx.load_from_string(content))
    return engine().InferenceSession(content, providers=["CPUExecutionProvider"])


def _run(session, case):
    (found,) = session.run(["out"], {name: case.feeds[name] for name in case.program.feeds})
    return found


def _nan_rows(values):
    return np.isnan(np.atleast_1d(values).reshape(len(np.atleast_1d(values)), -1)).any(axis=1)
