"""The recorded answers of models with routes, held against every installed backend."""

from __future__ import annotations

from functools import cache

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable, InputError

from .recorded import HERE, Recorded, absent, assert_close
from .texts import TINY

PLACE = HERE / "routed"
TEXTS = list(TINY.values())


@cache
def load(name, backend):
    try:
        return SentenceTransformer(PLACE / "models" / name, backend=backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise


@pytest.mark.parametrize("name", sorted(path.name for path in (PLACE / "models").iterdir()))
def test_vectors_agree(name, backend):
    model, recorded = load(name, backend), Recorded.of(name, PLACE)
    for task in recorded.about["tasks"]:
        want = recorded.arrays[f"task/{task}"]
        assert_close(model.encode(TEXTS, task=task), want)
        if task is not None:
            assert_close(model.encode([{task: text} for text in TEXTS]), want)
    for call in (model.encode_query, model.encode_document):
        if call.__name__ in recorded.arrays:
            assert_close(call(TEXTS), recorded.arrays[call.__name__])
    assert model.get_embedding_dimension() == recorded.about["dimension"]


@pytest.mark.parametrize("name", ["one-encoder", "two-encoders"])
def test_inputs_that_name_their_task_agree(name, backend):
    model, arrays = load(name, backend), Recorded.of(name, PLACE).arrays
    for task in ("query", "document"):
        found = model.encode([{task: text} for text in TEXTS])
        assert_close(found, arrays[f"named/{task}"])


def test_a_model_without_a_default_asks_for_the_task(backend):
    with pytest.raises(InputError, match="question, answer"):
        load("asym", backend).encode("a text")
