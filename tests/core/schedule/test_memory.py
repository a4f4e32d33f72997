from __future__ import annotations

import pytest

from isomorph.errors import Unsupported
from isomorph.plugins.reading import read_model
from isomorph.primitives.footprint import footprint, outputs
from isomorph.program import lower
from isomorph.program.axes import measuring
from isomorph.reference.interpret import Interpreter
from isomorph.schedule import memory
from isomorph.schedule.batches import BUDGET, MAX_ROWS
from isomorph.schedule.memory import SHARE, SMALLEST, Costs, TokenBudget
from isomorph.testing import models
from isomorph.testing.feeds import batches
from isomorph.testing.recipes import MEAN, Recipe
from isomorph.testing.tiny_encoders import bert

LONGEST = 512


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bert")
    return lower(read_model(models.write_recipe(Recipe(bert(positions=LONGEST), (MEAN,)), folder)))


@pytest.mark.parametrize("name", models.catalogue())
def test_shapes_are_those_that_are_computed(tmp_path, name):
    model = read_model(models.write(name, tmp_path))
    try:
        program = lower(model)
    except Unsupported as reason:
        pytest.skip(str(reason))
    for feeds in batches(model).values():
        measure, counted = measuring(model.graph)
        if "offsets" in feeds:
            rows, width = len(feeds["offsets"]), len(feeds["input_ids"]) / len(feeds["offsets"])
            if width != int(width):
                continue
        else:
            rows, width = (*feeds[measure].shape[:counted], 1)[:2]
        made = Interpreter(program).run({key: feeds[key] for key in program.feeds})
        said = outputs(program, rows, int(width))
        assert {key: value.shape for key, value in made.items()} == said
        assert footprint(program, rows, int(width)) >= sum(value.nbytes for value in made.values())


def test_more_rows_need_as_much_more(program):
    assert footprint(program, 8, 64) / footprint(program, 2, 64) == pytest.approx(4, rel=0.05)


def test_the_pairs_of_attention_are_in_it(program):
    heads, hidden, inner = 4, 32, 48
    pairs = heads * LONGEST * LONGEST * 4
    tokens = LONGEST * 4 * (8 * hidden + 2 * inner)
    assert pairs < footprint(program, 1, LONGEST) < pairs + tokens


def test_the_budget_is_whole_where_memory_is_free(program):
    costs = Costs(program, 2)
    assert costs.fitting(LONGEST, None) == BUDGET
    assert costs.fitting(LONGEST, 64 << 30) == BUDGET


@pytest.mark.parametrize("part", [2, 4])
def test_the_budget_shrinks_until_its_forwards_fit(program, part):
    costs = Costs(program, 2)
    free = int(costs.worst(MAX_ROWS, 16) / SHARE / part)
    found = costs.fitting(16, free)
    assert SMALLEST < found < BUDGET
    assert costs.worst(MAX_ROWS, 16, found) <= SHARE * free
    assert costs.worst(MAX_ROWS, 16, found * 2) > SHARE * free


def test_the_budget_is_never_nothing(program):
    assert Costs(program, 2).fitting(LONGEST, 0) == SMALLEST


def test_free_memory_is_asked_for_now_and_then(program, monkeypatch):
    asked, clock = [], [10.0]
    monkeypatch.setattr(memory, "free_memory", lambda: asked.append(clock[0]) or 0)
    monkeypatch.setattr(memory, "monotonic", lambda: clock[0])
    budget = TokenBudget(Costs(program, 1))
    for clock[0] in (10.0, 10.1, 10.9, 11.5, 11.6):
        assert budget.tokens(LONGEST) == SMALLEST
    assert asked == [10.0, 11.5]
    assert TokenBudget(None).tokens(LONGEST) == BUDGET


def test_a_long_text_runs_alone_where_two_do_not_fit(program, monkeypatch):
    costs = Costs(program, 2)
    budget, width = TokenBudget(costs), 2 * BUDGET
    two = 2 * costs.forward(1, width)
    monkeypatch.setattr(memory, "free_memory", lambda: int(two / SHARE) - 1)
    assert budget.runs_alone(1, width)
    assert not budget.runs_alone(1, BUDGET)  # smaller ones are the token budget's to bound
    assert not TokenBudget(Costs(program, 1)).runs_alone(1, width)  # nothing is beside it anyway
    assert not TokenBudget(None).runs_alone(1, width)
    monkeypatch.setattr(memory, "free_memory", lambda: int(two / SHARE) + 1)
    assert not budget.runs_alone(1, width)
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    assert not budget.runs_alone(1, width)


def test_the_cost_of_a_shape_is_worked_out_once(program, monkeypatch):
    asked = []

    def counted(program, rows, width):
        asked.append((rows, width))
        return footprint(program, rows, width)

    monkeypatch.setattr(memory, "footprint", counted)
    costs = Costs(program, 2)
    assert costs.worst(8, 64) == costs.worst(8, 64)
    assert costs.fitting(64, 1 << 20) == costs.fitting(64, 1 << 20)
    assert len(asked) == len(set(asked)) > 1


def test_the_shapes_that_are_remembered_are_bounded(program, monkeypatch):
    monkeypatch.setattr(memory, "SHAPES", 3)
    monkeypatch.setattr(memory, "footprint", lambda program, rows, width: rows * width)
    costs = Costs(program, 2, held=1.0)
    assert [costs.forward(rows, 2) for rows in range(1, 9)] == [2 * n for n in range(1, 9)]
    assert len(costs._known) <= 3


@pytest.mark.parametrize("name", ["words", "bow", "cnn", "lstm"])
def test_texts_without_any_known_word_cost_a_place_each(tmp_path, name):
    costs = Costs(lower(read_model(models.write(name, tmp_path))), lanes=2)
    assert costs.worst(2, 0) == costs.worst(2, 1) > 0
    budget = TokenBudget(costs)
    assert budget.tokens(0) >= SMALLEST
