"""Rows that are taken are taken in front of whatever works row by row, and results stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn import RANDOM, floats

from isomorph.errors import IsomorphError
from isomorph.plugins.reading import read_model
from isomorph.primitives import ops
from isomorph.primitives.footprint import Shapes, footprint
from isomorph.primitives.program import Feed
from isomorph.program import VALUES, Builder, lower
from isomorph.program.early import taken_early
from isomorph.reference.interpret import Interpreter

MODELS = sorted((Path(__file__).parents[2] / "parity" / "models").iterdir())
WIDTH = 6


class Drawing:
    """A program that is written step by step over token vectors."""

    def __init__(self, features=WIDTH):
        known = Feed("float32", ("rows", "width", features))
        self.builder = Builder({**VALUES, "token_embeddings": known})
        self.x, self.mask = (
            self.builder.feed("token_embeddings"),
            self.builder.feed("attention_mask"),
        )
        self.first = ops.argmax(self.mask, axis=1)

    def weight(self, *shape):
        return self.builder.constant(floats(*shape))

    def layer(self, x):
        """A residual, norms, a product that gates another, and what is one for all rows."""
        inner = ops.layer_norm(x, self.weight(WIDTH), self.weight(WIDTH), 1e-5)
        gate = ops.activation(ops.linear(inner, self.weight(9, WIDTH), self.weight(9)), "silu")
        up = ops.linear(inner, self.weight(9, WIDTH)) * 0.5
        down = ops.linear(gate * up, self.weight(WIDTH, 9))
        return ops.rms_norm(x + down, self.weight(WIDTH), 1e-6) + self.weight(WIDTH)

    def taken(self, value):
        return ops.take(value, self.first)


def widths(program):
    """How many axes the results of products have."""
    shapes = Shapes(3, 7)
    shapes.follow(program)
    return [len(shapes.known[node.output]) for node in program.nodes if node.primitive == "linear"]


def held(before):
    """The program with takes in front, whose results are those of `before`."""
    after = taken_early(before)
    ones = np.ones((3, 7), np.int64)
    agree(before, after, {"token_embeddings": floats(3, 7, WIDTH), "attention_mask": ones})
    return after


def agree(before, after, feeds):
    """Holds the results of two programs to each other."""
    expected, found = (Interpreter(each).run(feeds) for each in (before, after))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-6, atol=2e-6)


def test_two_layers_that_work_row_by_row_see_the_taken_rows_alone():
    draw = Drawing()
    program = draw.builder.finish({"out": draw.taken(draw.layer(draw.layer(draw.x)))})
    after = held(program)
    assert widths(program) == [3] * 6
    assert widths(after) == [2] * 6
    assert [node.primitive for node in after.nodes].count("take") == 1
    assert len(after.nodes) == len(program.nodes)
    assert footprint(after, 50, 100) < footprint(program, 50, 100)


def test_what_another_reads_or_the_caller_is_promised_is_computed_for_every_row():
    draw = Drawing()
    hidden = draw.layer(draw.x)
    last = draw.layer(hidden)
    promised = held(draw.builder.finish({"out": draw.taken(last), "all": hidden}))
    assert widths(promised) == [3, 3, 3, 2, 2, 2]
    average = ops.reduce(last, "mean", axis=1)
    assert widths(held(draw.builder.finish({"out": draw.taken(last) + average}))) == [3] * 6


def per_position(draw):
    """(T, 1)"""
    return ops.unsqueeze(ops.cast(ops.arange(draw.mask, axis=1), "float32"), 1)


BROADCAST = {
    "(T, 1)": per_position,
    "(1, T, 1)": lambda draw: ops.unsqueeze(per_position(draw), 0),
    "(B, 1, H)": lambda draw: ops.reduce(draw.x, "max", axis=1, keepdims=True),
    "(1, 1, H)": lambda draw: draw.weight(1, 1, WIDTH),
}


@pytest.mark.parametrize("shape", BROADCAST)
def test_a_value_that_is_broadcast_over_rows_or_positions_stops_it(shape):
    draw = Drawing()
    value = (draw.x + BROADCAST[shape](draw)) * 0.5
    program = draw.builder.finish({"out": draw.taken(draw.layer(value))})
    after = held(program)
    assert widths(after) == [2] * 3
    sums = [node for node in program.nodes if node.primitive == "add"]
    assert sums[0] in after.nodes, "it is computed for every row"


def test_a_number_for_each_position_is_taken_too():
    draw = Drawing()
    real = ops.unsqueeze(ops.cast(draw.mask, "float32"), 2)
    after = held(draw.builder.finish({"out": draw.taken(real * draw.layer(draw.x))}))
    assert widths(after) == [2] * 3


def test_two_takes_of_different_rows_leave_what_both_read():
    draw = Drawing()
    hidden = draw.layer(draw.x)
    last = ops.take(hidden, ops.argmax(draw.mask * ops.arange(draw.mask, axis=1), axis=1))
    program = draw.builder.finish({"out": draw.taken(hidden) + last})
    assert taken_early(program).nodes == program.nodes
    held(program)


def test_a_program_that_takes_nothing_is_left_alone():
    draw = Drawing()
    program = draw.builder.finish({"out": draw.layer(draw.x)})
    assert taken_early(program) is program


def test_a_program_whose_feeds_have_sizes_that_nobody_knows_is_left_alone():
    draw = Drawing(features="features")
    program = draw.builder.finish({"out": draw.taken(draw.layer(draw.x))})
    assert taken_early(program) is program


def masks(program):
    """A mask with padding on the right, and one type for all tokens."""
    real = np.arange(7) < np.array([[7], [4], [1]])
    known = {"attention_mask": real.astype(np.int64), "token_type_ids": np.zeros((3, 7), np.int64)}
    return {name: known[name] for name in program.feeds if name in known}


def test_chains_of_models_give_the_same_and_compute_less():
    fewer = []
    for folder in MODELS:
        try:
            chains = list(read_model(folder).each())
            pairs = [(lower(chain, every_row=True), lower(chain)) for chain in chains]
        except IsomorphError:
            continue
        for whole, program in pairs:
            before, after = widths(whole), widths(program)
            assert len(before) == len(after)
            assert before.count(2) <= after.count(2)
            if before != after:
                fewer.append(folder.name)
                ids = RANDOM.integers(1, 20, (3, 7))
                ids[:, 0] = 5  # a row begins with a word, whatever its padding is called
                agree(whole, program, dict.fromkeys(whole.feeds, ids) | masks(whole))
    assert {"bert-cls", "bert-lasttoken"} <= set(fewer)
    assert "bert-all-modes" not in fewer
