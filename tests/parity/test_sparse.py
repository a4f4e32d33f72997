"""The recorded answers of SparseEncoder, held against every installed backend."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from isomorph import SparseEncoder
from isomorph.errors import BackendUnavailable

from .recorded import ANY, HERE, Recorded, absent, assert_close
from .texts import TINY

pytestmark = pytest.mark.usefixtures("one_session")
PLACE = HERE / "sparse"
MODELS = sorted(path.name for path in (PLACE / "models").iterdir())
TEXTS = list(TINY.values())
FEW = 8
SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")


@cache
def load(name, backend):
    try:
        return SparseEncoder(PLACE / "models" / name, backend=backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def recorded(name):
    return Recorded.of(name, PLACE)


def test_vectors_agree(name, backend, recorded):
    model, arrays = load(name, backend), recorded.arrays
    calls = {
        "default": model.encode(TEXTS),
        "query": model.encode_query(TEXTS),
        "document": model.encode_document(TEXTS),
        "active": model.encode(TEXTS, max_active_dims=5),
        "prompted": model.encode(TEXTS, prompt="river and stones: "),
    }
    for call, found in calls.items():
        assert found.dtype == np.float32
        assert found.has_canonical_format
        assert (found.data != 0).all()
        assert_close(found.toarray(), arrays[call])


def test_settings_agree(name, recorded):
    model, about = load(name, ANY), recorded.about
    assert model.similarity_fn_name == about["similarity_fn_name"]
    assert model.max_active_dims == about["max_active_dims"]
    assert model.get_embedding_dimension() == about["dimension"]
    assert model.max_seq_length == about["max_seq_length"]
    assert model.prompts == about["prompts"]


def test_what_vectors_have_in_common_agrees(name, recorded):
    model, arrays = load(name, ANY), recorded.arrays
    vectors = model.encode(TEXTS)
    found = model.intersection(vectors[[3]], vectors)
    assert (found.data > 0).all()
    assert_close(found.toarray(), arrays["intersection"])
    (found,) = model.intersection(vectors[[3]], vectors[[4]]).toarray()
    assert_close(found, arrays["intersection_one"])


def test_sparsity_agrees(name, recorded):
    model, about = load(name, ANY), recorded.about
    vectors = model.encode(TEXTS)
    for found, want in (
        (model.sparsity(vectors), about["sparsity"]),
        (model.sparsity(vectors[[3]]), about["sparsity_one"]),
    ):
        assert found == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("name", [name for name in MODELS if "auto-encoder" not in name])
def test_decoded_words_agree(name, backend):
    model, about = load(name, backend), Recorded.of(name, PLACE).about
    vectors = model.encode(TEXTS)
    _same_words(model.decode(vectors[[3]], top_k=6), [about["decoded"]])
    _same_words(model.decode(vectors[:FEW], top_k=3), about["decoded_all"])


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_similarities_agree(name, recorded, similarity):
    model, arrays = load(name, ANY), recorded.arrays
    few = arrays["default"][:FEW]
    before, model.similarity_fn_name = model.similarity_fn_name, similarity
    try:
        pairs = model.similarity_pairwise(few, few[::-1])
        assert_close(pairs, arrays[f"similarity_pairwise/{similarity}"])
        found, want = model.similarity(few, few), arrays[f"similarity/{similarity}"]
        if similarity == "euclidean":  # theirs comes out of float32 products, exact in its squares
            found, want = found**2, want**2
        assert_close(found, want)
    finally:
        model.similarity_fn_name = before


def _same_words(found, want):
    assert [[word for word, _ in row] for row in found] == [[w for w, _ in row] for row in want]
    for row, recorded_row in zip(found, want, strict=True):
        assert_close([v for _, v in row], np.array([v for _, v in recorded_row]))
