"""Choices between whole numbers, also where denormals count as zeros, as in models compiled here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from isomorph_openvino.choices import rewrite_choices
from isomorph_openvino.emit import EMITTERS
from isomorph_openvino.engine import core, engine

A = np.array([[2, 0, 0, -2, -3, 2**31 - 1, -(2**31), 7]], np.int64)
B = np.array([[-2, 0, 1, -1, 2, -(2**31), 2**31 - 1, 8]], np.int64)


ZEROED = {"CPU_DENORMALS_OPTIMIZATION": True, "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1}


def run(model, *feeds):
    """The result of a model, in a thread of its own: compiling changes the arithmetic of the thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(computed, model, feeds).result()


def computed(model, feeds):
    compiled = core().compile_model(model, "CPU", ZEROED)
    return next(iter(compiled(list(feeds)).values()))


def between(dtype, choice):
    """A model that chooses between two matrices by what is larger, and adds 3 to what is chosen."""
    op = engine().opset15
    a, b = (op.parameter([-1, -1], dtype) for _ in range(2))
    tops = a.output(0), b.output(0)
    result = op.add(choice(op, op.greater(a, b).output(0), *tops), dtype(3))
    return engine().Model([op.result(result)], [a, b], "choice")


def expected(dtype):
    a, b = A.astype(dtype), B.astype(dtype)
    return (a, b), np.where(a > b, a, b) + dtype(3)


@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_a_choice_of_ours_is_right(dtype):
    feeds, wanted = expected(dtype)
    wanted = wanted.astype(np.int32)  # in which the plugin computes whole numbers
    model = between(dtype, EMITTERS["where"])
    np.testing.assert_array_equal(run(model, *feeds).astype(np.int32), wanted)


@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_a_choice_in_a_file_is_right(dtype):
    feeds, wanted = expected(dtype)
    model = between(dtype, lambda op, condition, a, b: op.select(condition, a, b))
    rewrite_choices(engine().opset15, model)
    assert "Select" not in types(model)
    np.testing.assert_array_equal(run(model, *feeds).astype(np.int32), wanted.astype(np.int32))


def test_choices_of_floats_and_of_truths_stay():
    for dtype in (np.float32, np.bool_):
        op = engine().opset15
        a, b = (op.parameter([-1], dtype) for _ in range(2))
        model = engine().Model([op.result(op.select(op.equal(a, b), a, b))], [a, b], "choice")
        rewrite_choices(op, model)
        assert "Select" in types(model)


def test_a_choice_in_the_body_of_a_layer_is_rewritten():
    op, inner = engine().opset15, between(np.int64, lambda op, c, a, b: op.select(c, a, b))
    a, b = (op.parameter([-1, -1], np.int64) for _ in range(2))
    layer = op.if_op(op.constant(np.array([True])).output(0))
    for attach, body in (
        (layer.set_then_body, inner),
        (layer.set_else_body, inner.clone()),
    ):
        attach(body)
    for given, parts in zip(
        (a, b),
        zip(inner.get_parameters(), layer.get_else_body().get_parameters(), strict=True),
        strict=True,
    ):
        layer.set_input(given.output(0), *parts)
    output = layer.set_output(inner.get_results()[0], layer.get_else_body().get_results()[0])
    model = engine().Model([op.result(output)], [a, b], "choice")
    rewrite_choices(op, model)
    found = next(node for node in model.get_ops() if node.get_type_name() == "If")
    assert "Select" not in types(found.get_then_body()) | types(found.get_else_body())


def types(model):
    return {node.get_type_name() for node in model.get_ops()}
