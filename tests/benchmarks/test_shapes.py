"""Models of real sizes are folders that load, here in little; the whole ones have the published numbers."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from isomorph import load_model
from isomorph.encoders.describe import describe
from isomorph.encoders.tensors import shapes_of
from isomorph.errors import InputError
from isomorph_bench.shapes import folder_of_shape
from isomorph_bench.shapes.catalogue import SHAPES
from isomorph_bench.shapes.texts import ENCODERS
from isomorph_bench.tasks.named import task_of
from isomorph_bench.workloads.texts import short_texts


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("shapes")


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_does_its_task(name, root):
    folder = folder_of_shape(name, small=True, root=root)
    task, texts = task_of(folder), short_texts(4)
    with load_model(str(folder), backend="reference") as model:
        found = task.many(model, task.items(texts, False))
        dense = found.toarray() if hasattr(found, "toarray") else np.concatenate(
            [np.ravel(row) for row in found]
        )  # fmt: skip
        assert np.isfinite(dense).all()
        assert np.abs(dense).max() > 0
        words = model.tokenizer.get_vocab_size()
        assert len(model.tokenizer.encode(texts[0]).ids) < 40, "a token a letter is no real length"
        assert words > 1000


def test_a_shape_is_written_once(root):
    first = folder_of_shape("static", small=True, root=root)
    stamp = (first / "modules.json").stat().st_mtime_ns
    assert folder_of_shape("static", small=True, root=root) == first
    assert (first / "modules.json").stat().st_mtime_ns == stamp
    assert not list(root.glob(".*"))


def test_a_shape_that_nobody_knows_is_refused(root):
    with pytest.raises(InputError, match="no shape 'bert'; there are: bert-base, "):
        folder_of_shape("bert", root=root)


@pytest.mark.parametrize(
    ("name", "millions"),
    [("bert-base", 109), ("bert-large", 334), ("xlm-r-base", 277), ("modernbert-base", 149),
     ("granite-small", 47.6), ("qwen3-0.6b", 596)],
)  # fmt: skip
def test_the_whole_ones_have_as_many_weights_as_the_published_ones(name, millions):
    encoder = describe(dict(ENCODERS[name].options))
    count = sum(prod(shape) for shape in shapes_of(encoder, encoder.hidden).values())
    assert count / 1e6 == pytest.approx(millions, rel=0.01)
