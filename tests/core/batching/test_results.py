"""Every class gives a task, among many tasks, what it gives a call alone."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from tests.core.pool.conftest import LOADERS, LONG, TEXTS

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import TruncationWarning

CALLERS = 16
VECTORS = [SentenceTransformer, SparseEncoder, MultiVectorEncoder]


def arrays(found):
    """The arrays of a result, whatever its class."""
    if isinstance(found, list):
        return [each for one in found for each in arrays(one)]
    return [np.asarray(found.todense() if hasattr(found, "todense") else found)]


def assert_same(found, want, bits):
    for one, other in zip(arrays(found), arrays(want), strict=True):
        if bits:
            np.testing.assert_array_equal(one, other)
        else:
            scale = max(1, np.abs(other).max(initial=0))
            np.testing.assert_allclose(one, other, atol=1e-5 * scale, rtol=0)


def together(method, inputs, **kwargs):
    """What many tasks get that call at once, each with inputs of its own."""

    async def main():
        return await asyncio.gather(*(method(each, **kwargs) for each in inputs))

    return asyncio.run(main())


@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("kind", VECTORS, ids=lambda kind: kind.__name__)
def test_vectors(kind, backend, deterministic):
    calls = [TEXTS[number : number + 1 + number % 3] for number in range(CALLERS)]
    with kind(LOADERS[kind], backend=backend) as model:
        for name in ("encode", "encode_query"):
            found = together(getattr(model, f"a{name}"), calls, deterministic=deterministic)
            for one, texts in zip(found, calls, strict=True):
                want = getattr(model, name)(texts, deterministic=deterministic)
                assert type(one) is type(want)
                assert_same(one, want, deterministic)


def test_scores_and_rankings(backend):
    calls = [list(zip(TEXTS[:n], TEXTS[5:], strict=False)) for n in range(1, CALLERS)]
    with CrossEncoder(LOADERS[CrossEncoder], backend=backend, num_labels=None) as model:
        for one, pairs in zip(together(model.apredict, calls), calls, strict=True):
            assert_same(one, model.predict(pairs), bits=False)
        if model.num_labels == 1:
            ranked = asyncio.run(model.arank(TEXTS[0], TEXTS[1:9], top_k=3))
            want = model.rank(TEXTS[0], TEXTS[1:9], top_k=3)
            assert [each["corpus_id"] for each in ranked] == [each["corpus_id"] for each in want]


def test_arguments_mean_the_same_and_warnings_come_in_the_task():
    with SentenceTransformer(LOADERS[SentenceTransformer], backend="reference") as model:
        for kwargs in (
            {"output_value": None},
            {"precision": "binary"},
            {"truncate_dim": 5, "normalize_embeddings": True},
            {"convert_to_numpy": False, "prompt": "mine: "},
        ):
            found, want = asyncio.run(model.aencode(TEXTS, **kwargs)), model.encode(TEXTS, **kwargs)
            if kwargs.get("output_value", "") is None:
                found = [each["sentence_embedding"] for each in found]
                want = [each["sentence_embedding"] for each in want]
            assert_same(found, want, bits=False)
        with pytest.warns(TruncationWarning) as caught:
            asyncio.run(model.aencode([LONG]))
        assert len(caught) == 1
        assert asyncio.run(model.aencode([])).shape == model.encode([]).shape


def test_a_subclass_with_a_method_of_its_own_is_asked_by_it():
    class Doubled(SentenceTransformer):
        def encode(self, inputs=None, **kwargs):
            return 2 * super().encode(inputs, **kwargs)

    with Doubled(LOADERS[SentenceTransformer], backend="reference") as model:
        assert_same(asyncio.run(model.aencode(TEXTS)), model.encode(TEXTS), bits=False)
