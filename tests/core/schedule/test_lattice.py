from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.pool.conftest import LOADERS, TEXTS

from isomorph import SentenceTransformer
from isomorph.errors import Unsupported
from isomorph.schedule.batches import MAX_ROWS, Batch
from isomorph.schedule.lattice import Lattice, Shapes, lattice_width, plan_on_lattice

MODEL = Lattice(longest=512)
LENGTHS = st.lists(st.integers(0, 512), max_size=100).map(lambda n: np.array(n, np.int64))


@given(LENGTHS, st.none() | st.integers(1, 100), st.integers(1, 4))
def test_every_text_is_in_one_batch_that_is_wide_enough(lengths, rows, lanes):
    batches = plan_on_lattice(lengths, MODEL, rows, lanes=lanes)
    assert sorted(i for batch in batches for i in batch.rows) == list(range(len(lengths)))
    for batch in batches:
        assert max(lengths[i] for i in batch.rows) <= batch.width <= 512
        assert len(batch.rows) <= (rows or MAX_ROWS)


@given(st.lists(LENGTHS, min_size=1, max_size=20))
def test_there_are_few_shapes_whatever_comes(calls):
    shapes = {(len(b.rows), b.width) for each in calls for b in plan_on_lattice(each, MODEL)}
    widths = {width for _, width in shapes}
    assert all(rows & (rows - 1) == 0 for rows, _ in shapes)
    assert widths <= {lattice_width(length, 512) for length in range(513)}


OWN = st.sampled_from([(), (1,), (8,), (1, 64), (4, 16, 512)])


@given(LENGTHS, OWN, OWN, st.none() | st.integers(1, 100), st.integers(1, 20_000))
def test_an_engines_own_shapes_are_the_only_ones(lengths, widths, rows, most, budget):
    lattice = Lattice((*widths, 600) if widths else (), rows, 512)
    for batch in plan_on_lattice(lengths, lattice, most, budget):
        shape = len(batch.rows) + batch.blank
        assert 1 <= len(batch.rows) <= (most or MAX_ROWS)
        assert not widths or batch.width in lattice.widths
        assert shape in rows if rows else shape & (shape - 1) == 0
        assert shape * batch.width <= max(budget, batch.width * min(rows or (1,)))
        shapes = lattice.shapes(512, budget, most or MAX_ROWS)
        assert (shape, batch.width) in shapes


def test_what_is_left_fills_a_forward_up_where_that_costs_less():
    def cut(count):
        return [
            (len(batch.rows), batch.blank)
            for batch in plan_on_lattice(
                np.full(count, 100), Lattice((128,), (1, 64)), 1000, 1 << 20
            )
        ]

    assert cut(31) == [(31, 33)]
    assert cut(4) == [(1, 0)] * 4
    assert cut(130) == [(64, 0), (64, 0), (1, 0), (1, 0)]


def test_an_input_that_is_longer_than_all_widths_is_refused():
    with pytest.raises(Unsupported, match=r"has 129 positions.*have 128 at most"):
        plan_on_lattice(np.array([129]), Lattice((64, 128)))


def test_the_lattice_is_small_and_pads_little():
    widths = {lattice_width(length, None) for length in range(513)}
    assert len(widths) == 28
    assert all(lattice_width(n, None) <= max(n + 7, 1.25 * n) for n in range(1, 5000))


@given(st.integers(1, 512))
def test_no_text_is_wider_than_the_model(length):
    assert lattice_width(length, 500) >= length
    assert lattice_width(min(length, 500), 500) <= 500


def batch(rows, width):
    return Batch(tuple(range(rows)), width)


def test_new_shapes_are_free_until_there_are_too_many():
    shapes = Shapes(2)
    assert shapes.admit([batch(1, 5), batch(1, 5)])
    assert not shapes.admit([batch(1, 6), batch(1, 7)])
    assert shapes.admit([batch(2, 6)])
    assert not shapes.admit([batch(1, 6)])
    assert shapes.admit([batch(1, 5), batch(2, 6)])  # seen before


def test_with_a_limit_of_none_at_all_every_shape_is_of_the_lattice():
    assert not Shapes(0).admit([batch(1, 7)])


def test_without_a_limit_all_shapes_are_free():
    shapes = Shapes(None)
    assert all(shapes.admit([batch(rows, 7)]) for rows in range(1, 1000))


def test_a_model_beyond_its_shapes_gives_the_same_vectors(backend):
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        free = model.encode(TEXTS)
        for shared in (False, True):
            runner = model.__loaded__().pipeline._runners.get(
                "sentence_embedding", model.device, shared
            )
            runner._shapes = Shapes(1)
            runner._shapes.admit([batch(63, 63)])
        held = model.encode(TEXTS)
        alone = np.stack([model.encode(text) for text in TEXTS])
        for found in (held, alone):
            assert np.abs(found - free).max() <= 1e-5 * np.abs(free).max()
