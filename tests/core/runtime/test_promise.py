"""What a session promises of its results: names, types, and axes that fit the feeds and stay as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isomorph.contract import BackendInfo, Graph, Module
from isomorph.errors import BadModel, ContractError
from isomorph.program import VALUES
from isomorph.program.axes import misfit
from isomorph.runtime.promise import Promise

INFO = BackendInfo("theirs", "theirs:Backend", distribution="theirs 1.0")
FEEDS = {"input_ids": np.zeros((2, 3), np.int64), "attention_mask": np.ones((2, 3), np.int64)}
RAGGED = {"input_ids": np.zeros(9, np.int64), "offsets": np.array([0, 4])}
SHAPES = {
    "token_embeddings": (2, 3, 5),
    "causal_logits": (2, 3, 5),
    "all_layer_embeddings": (4, 2, 3, 5),
    "token_weights_sum": (2,),
    "sentence_embedding": (2, 5),
    "scores": (2, 1),
}


def promise(*names, artifact=None, op="normalize", config=None, feeds=FEEDS):
    module = Module(op, "0", config=config or {}, inputs=tuple(feeds), outputs=names)
    return Promise(INFO, Graph(tuple(feeds), (module,), names), 1, artifact)


def zeros(**shapes):
    return {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}


def test_every_value_with_known_axes_is_looked_at():
    fed = {"input_ids", "attention_mask", "token_type_ids", "prompt_length", "offsets"}
    assert set(SHAPES) == set(VALUES) - fed


@pytest.mark.parametrize("name", SHAPES)
def test_values_of_the_right_axes_pass_however_often(name):
    mine = promise(name)
    for _ in range(3):
        mine.check(zeros(**{name: SHAPES[name]}), FEEDS)
    longer = {"input_ids": np.zeros((7, 4), np.int64)}
    fitting = [{2: 7, 3: 4}.get(size, size) for size in SHAPES[name]]
    mine.check(zeros(**{name: tuple(fitting)}), longer)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("warm", [False, True])
def test_a_row_that_is_missing_or_one_too_many_is_refused(name, warm):
    mine = promise(name)
    if warm:
        mine.check(zeros(**{name: SHAPES[name]}), FEEDS)
    for rows in (0, 1, 3):
        shape = tuple(rows if size == 2 else size for size in SHAPES[name])
        with pytest.raises(
            ContractError, match=rf"'theirs' \(theirs 1\.0\) .*'{name}' has the shape"
        ):
            mine.check(zeros(**{name: shape}), FEEDS)
    with pytest.raises(ContractError, match="has the shape"):
        mine.check(zeros(**{name: (*SHAPES[name], 1)}), FEEDS)
    with pytest.raises(ContractError, match="has the shape"):
        mine.check(zeros(**{name: SHAPES[name][:-1]}), FEEDS)


def test_positions_that_are_missing_are_refused():
    with pytest.raises(ContractError, match=r"\(2, 1, 5\), not \(rows 2, width 3, features\)"):
        promise("token_embeddings").check(zeros(token_embeddings=(2, 1, 5)), FEEDS)


def test_rows_of_ragged_feeds_are_counted_by_their_offsets():
    mine = promise("sentence_embedding", feeds=RAGGED)
    mine.check(zeros(sentence_embedding=(2, 5)), RAGGED)
    with pytest.raises(ContractError, match="rows 2"):
        mine.check(zeros(sentence_embedding=(9, 5)), RAGGED)


def test_features_may_not_change_between_calls():
    mine = promise("sentence_embedding")
    mine.check(zeros(sentence_embedding=(2, 5)), FEEDS)
    with pytest.raises(ContractError, match=r"has the shape \(2, 6\), and ended in \(5,\) before"):
        mine.check(zeros(sentence_embedding=(2, 6)), FEEDS)


def test_a_file_of_the_folder_is_what_is_named_where_one_is_in_use():
    file = Path("folder/model.graph")
    with pytest.raises(
        BadModel, match=r"folder/model\.graph does not compute .*\(1, 5\), not \(rows 2"
    ):
        promise("sentence_embedding", artifact=file).check(zeros(sentence_embedding=(1, 5)), FEEDS)


def test_a_transformer_that_writes_under_another_name_has_the_axes_of_its_task():
    mine = promise("mine", op="transformer", config={"task": "feature-extraction"})
    mine.check(zeros(mine=(2, 3, 5)), FEEDS)
    with pytest.raises(ContractError, match="rows 2"):
        mine.check(zeros(mine=(1, 3, 5)), FEEDS)


def test_names_and_types_are_those_that_were_promised():
    mine = promise("sentence_embedding")
    with pytest.raises(ContractError, match=r"returned \['scores'\] instead of \['sentence_emb"):
        mine.check(zeros(scores=(2, 1)), FEEDS)
    for _ in range(2):
        with pytest.raises(ContractError, match="is float64, not a float32 numpy array"):
            mine.check({"sentence_embedding": np.zeros((2, 5))}, FEEDS)
        with pytest.raises(ContractError, match="is list, not a float32 numpy array"):
            mine.check({"sentence_embedding": [[0.0]]}, FEEDS)
        mine.check(zeros(sentence_embedding=(2, 5)), FEEDS)


def test_axes_that_nobody_knows_are_left_alone():
    promise("theirs").check(zeros(theirs=(1, 2, 3, 4, 5)), FEEDS)
    assert misfit((), (1, 2), {"rows": 5}) == ""
