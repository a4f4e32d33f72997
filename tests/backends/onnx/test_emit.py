"""Every emitter against the numpy kernel of its primitive, in every dialect."""

from __future__ import annotations

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
    emitter = Emitter(case.program, dialect)
    model = Model.of(Graph((), (), ()), tmp_path)
    content = encode(model, case.program, emitter, emitter.constants)
    onnx.checker.check_model(onnx.load_from_string(content))
    session = engine().InferenceSession(content, providers=["CPUExecutionProvider"])
    feeds = {name: case.feeds[name] for name in case.program.feeds}
    (found,) = session.run(["out"], feeds)
    expected = case.expected()
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
