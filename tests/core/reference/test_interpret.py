"""What the interpreter does with stored weights."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph.files.tensor import Tensor
from isomorph.primitives import ops
from isomorph.primitives.builder import Builder
from isomorph.reference.interpret import Interpreter

VALUES = np.array([[1.5, -2.0], [0.25, 3.0], [-8.0, 0.5]], np.float32)  # exact in every type here


def stored(folder, dtype):
    bits = {
        "F32": VALUES,
        "F16": VALUES.astype(np.float16),
        "F64": VALUES.astype(np.float64),
        "BF16": (VALUES.view(np.uint32) >> 16).astype(np.uint16),
    }[dtype]
    (folder / dtype).write_bytes(bits.tobytes())
    return Tensor(folder / dtype, 0, bits.nbytes, dtype, VALUES.shape)


@pytest.mark.parametrize("dtype", ["F32", "F16", "F64", "BF16"])
def test_rows_are_gathered_before_they_are_widened(tmp_path, monkeypatch, dtype):
    monkeypatch.setattr(Tensor, "numpy", lambda _: pytest.fail("the whole table was widened"))
    builder = Builder()
    table = builder.weight("table", stored(tmp_path, dtype))
    rows = ops.embedding(table, builder.feed("input_ids"))
    ids = np.array([2, 0, 2])
    found = Interpreter(builder.finish({"rows": rows})).run({"input_ids": ids})["rows"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, VALUES[ids])


def test_a_table_that_is_also_an_operand_is_widened(tmp_path):
    builder = Builder()
    table = builder.weight("table", stored(tmp_path, "F16"))
    rows = ops.embedding(table, builder.feed("input_ids"))
    product = ops.linear(rows, table)
    found = Interpreter(builder.finish({"product": product})).run({"input_ids": np.array([1])})
    np.testing.assert_array_equal(found["product"], VALUES[[1]] @ VALUES.T)
