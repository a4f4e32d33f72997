"""The recorded answers of sentence-transformers' MultiVectorEncoder, held against every backend."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from isomorph import HierarchicalTokenPooling, LambdaTokenPooling, MultiVectorEncoder
from isomorph.errors import AmbiguousHead, BackendUnavailable, BadModel, InputError
from isomorph.preprocess.expansion import Expansion

from .recorded import ANY, absent, assert_close
from .texts import TINY

pytestmark = pytest.mark.usefixtures("one_session")
HERE = Path(__file__).parent / "multi_vector"
NAMES = sorted(path.name for path in (HERE / "models").iterdir())
TEXTS = list(TINY.values())


@cache
def load(name, backend):
    try:
        return MultiVectorEncoder(HERE / "models" / name, backend=backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise


@cache
def recorded():
    with np.load(HERE / "expected.npz") as file:
        return dict(file)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


class TestRecorded:
    @pytest.mark.parametrize("task", ["query", "document", "none"])
    def test_token_vectors_agree(self, name, backend, task):
        model = load(name, backend)
        encode = {"query": model.encode_query, "document": model.encode_document}
        found = encode.get(task, model.encode)(TEXTS)
        for key, got in zip(TINY, found, strict=True):
            assert_close(got, recorded()[f"{name}/{task}/{key}"])

    def test_similarities_agree(self, name):
        model = load(name, ANY)
        queries, documents = model.encode_query(TEXTS[:4]), model.encode_document(TEXTS[2:9])
        scores = model.similarity(queries, documents)
        assert_close(scores, recorded()[f"{name}/similarity"])
        pairs = model.similarity_pairwise(queries, documents[:4])
        assert_close(pairs, np.diag(scores[:, :4]))

    def test_settings_agree(self, name):
        about = json.loads(str(recorded()["about"]))[name]
        assert load(name, ANY).prompts == about["prompts"]

    def test_every_backend_runs_the_whole_chain(self, name, backend):
        assert not any(row.reason for row in load(name, backend).explain().rows)


class TestShapes:
    def test_one_text_and_none(self, backend):
        model = load("modern", backend)
        one = model.encode(TEXTS[0])
        assert one.dtype == np.float32
        assert one.shape[1] == model.get_embedding_dimension() == 16
        assert model.encode([]) == []

    def test_rows_are_independent_copies(self, backend):
        first, second = load("modern", backend).encode([TEXTS[0], TEXTS[0]])
        first[:] = 7
        assert not (second == 7).any()

    def test_normalised_rows(self, backend):
        rows = load("pooled-everywhere", backend).encode(TEXTS[3], normalize_embeddings=True)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


class TestTokenPooling:
    def test_fewer_rows(self, backend):
        model = load("modern", backend)
        whole = model.encode_document(TEXTS)
        halved = model.encode_document(TEXTS, token_pooling=HierarchicalTokenPooling(2))
        for all_rows, fewer in zip(whole, halved, strict=True):
            assert len(fewer) <= max(2, 1 + len(all_rows) // 2)

    def test_queries_are_not_pooled_unless_asked(self, backend):
        model = load("modern", backend)
        pooling = HierarchicalTokenPooling(4)
        asked = HierarchicalTokenPooling(4, tasks=["query"])
        long = max(TEXTS, key=len)
        plain = model.encode_query(long)
        assert_close(model.encode_query(long, token_pooling=pooling), plain)
        assert len(model.encode_query(long, token_pooling=asked)) < len(plain)

    def test_a_function(self, backend):
        model = load("modern", backend)
        first = LambdaTokenPooling(lambda rows: rows[:1])
        assert model.encode_document(TEXTS[3], token_pooling=first).shape == (1, 16)
        wrong = LambdaTokenPooling(lambda rows: rows[:, :2])
        with pytest.raises(InputError, match="second axis"):
            model.encode_document(TEXTS[3], token_pooling=wrong)

    def test_bad_settings(self):
        with pytest.raises(InputError, match="pool_factor"):
            HierarchicalTokenPooling(0.5)
        with pytest.raises(InputError, match="protected"):
            HierarchicalTokenPooling(2, num_protected_tokens=-1)


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"output_value": "sentence_embedding"}, "token_embeddings only"),
            ({"batch_size": 0}, "positive integer"),
            ({"no_such": 1}, "no_such"),
            ({"prompt_name": "no_such"}, "no_such"),
        ],
    )
    def test_bad_calls(self, options, says):
        model = MultiVectorEncoder(HERE / "models" / "modern", backend="reference")
        with pytest.raises(InputError, match=says):
            model.encode(TEXTS, **options)
        with pytest.raises(InputError, match="None"):
            model.encode(None)

    def test_a_model_without_a_projection(self):
        for name in ("bert-mean", "dense-tanh"):
            with pytest.raises(AmbiguousHead, match="random"):
                MultiVectorEncoder(HERE.parent / "models" / name)

    @pytest.mark.parametrize(
        "settings",
        [{}, {"length": 0}, {"length": 8, "strategy": "?"}, {"length": 8, "more": 1}],
    )
    def test_expansions_that_cannot_be(self, settings):
        if not settings:
            assert Expansion.of(settings) is None
            return
        with pytest.raises(BadModel, match="query_expansion"):
            Expansion.of(settings)
