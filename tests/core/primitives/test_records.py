"""What the record of a primitive says of its results is what its kernel gives."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from drawn import floats

from isomorph.errors import BadModel, Unsupported
from isomorph.primitives import ops
from isomorph.primitives.builder import Builder, Ref
from isomorph.primitives.footprint import footprint, shape_of
from isomorph.primitives.program import Node, Program
from isomorph.primitives.table import TABLE, named
from isomorph.reference.interpret import Interpreter
from isomorph.testing.primitives import cases

CASES = cases()
OPERATORS = {
    "add": "__add__",
    "subtract": "__sub__",
    "multiply": "__mul__",
    "divide": "__truediv__",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_shapes_and_types_are_those_of_the_values(case):
    program = case.program
    names = [node.output for node in program.nodes]
    whole = Program(program.feeds, program.constants, program.nodes, {n: n for n in names})
    values = {**case.feeds, **program.constants, **Interpreter(whole).run(case.feeds)}
    for node in program.nodes:
        given = [values[name] for name in node.inputs if name]
        made, record = values[node.output], named(node.primitive)
        shapes = {name: values[name].shape for name in node.inputs if name}
        assert shape_of(node, shapes) == made.shape
        assert record.gives([str(value.dtype) for value in given], node.attrs) == str(made.dtype)
        assert record.scratch([value.shape for value in given], node.attrs) >= 0
        if record.view:
            assert made.size == given[0].size


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].by_row])
def test_what_is_said_to_work_row_by_row_does(name):
    record, seen = TABLE[name], 0
    for program in (case.program for case in CASES):
        for node in (node for node in program.nodes if node.primitive == name):
            rows = [floats(2, 5, 6) for _ in range(record.by_row)]
            rest = [floats(6) for _ in node.inputs[record.by_row :]]
            if name == "linear":
                rest = [floats(4, 6), None]
            with np.errstate(invalid="ignore", divide="ignore"):  # the root of less than nothing
                whole = record.kernel(*rows, *rest, **node.attrs)
                place = [2, 0]
                alone = record.kernel(*(x[[0, 1], place] for x in rows), *rest, **node.attrs)
            np.testing.assert_allclose(alone, whole[[0, 1], place], rtol=1e-6, atol=1e-6)
            seen += 1
    assert seen


def test_every_primitive_is_in_some_case():
    assert {node.primitive for case in CASES for node in case.program.nodes} == set(TABLE)


def test_every_primitive_has_a_function_of_its_name():
    written = {name for name, value in vars(ops).items() if inspect.isfunction(value)}
    composed = {"l2_normalize"}
    assert written - composed == set(TABLE) - set(OPERATORS)
    assert all(hasattr(Ref, operator) for operator in OPERATORS.values())
    assert set(ops.__all__) == written | {"ACTIVATIONS"}


def test_a_primitive_that_does_not_exist_is_refused_by_name():
    with pytest.raises(Unsupported, match="no primitive 'convolve'"):
        named("convolve")


def test_features_that_do_not_fit_are_refused():
    node = Node("linear", ("x", "w", ""), "y", {})
    with pytest.raises(BadModel, match="do not fit"):
        shape_of(node, {"x": (2, 3, 4), "w": (6, 5)})


def test_whole_numbers_count_eight_bytes_and_truth_values_one():
    builder = Builder()
    ids = builder.feed("input_ids")
    program = builder.finish({"y": ops.compare(ids, ids, "equal")})
    assert footprint(program, 2, 10) == 20 * 8 + 20 * 1


def test_what_a_primitive_needs_while_it_runs_is_counted():
    builder = Builder()
    mask = builder.feed("attention_mask")
    x = builder.constant(np.ones((2, 10, 8), np.float32))
    program = builder.finish({"y": ops.attention(x, x, x, mask, heads=4, scale=1.0)})
    pairs, result = 2 * 4 * 10 * 10 * 4, 2 * 10 * 8 * 4
    assert footprint(program, 2, 10) == 20 * 8 + result + pairs
