"""The recorded answers of sentence-transformers, held against every installed backend."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph import quantize_embeddings
from isomorph.preprocess.protocol import Treatment

from .recorded import ANY, BACKENDS, REAL, TINY, Recorded, assert_close, load
from .texts import PROBES, TOKEN_PROBES
from .texts import TINY as TINY_TEXTS

TEXTS = list(TINY_TEXTS.values())
FEW = 20  # of the probes, which begin with the short ones
SETTINGS = {
    "default": {},
    "normalized": {"normalize_embeddings": True},
    "truncated": {"truncate_dim": 8},
    "free_prompt": {"prompt": "river and stones: "},
    "long_prompt": {"prompt": "river and stones " * 40},
}


@pytest.fixture(params=TINY)
def tiny(request):
    return request.param


class TestTinyModels:
    def test_vectors_agree(self, tiny, backend):
        model, recorded = load(tiny, backend), Recorded.of(tiny)
        for name, options in SETTINGS.items():
            assert_close(model.encode(TEXTS, **options), recorded.arrays[name])

    def test_token_vectors_agree(self, tiny, backend):
        model, recorded = load(tiny, backend), Recorded.of(tiny)
        for name, text in TINY_TEXTS.items():
            if f"tokens/{name}" in recorded.arrays:
                (got,) = model.encode([text], output_value="token_embeddings")
                assert_close(got, recorded.arrays[f"tokens/{name}"])

    def test_saved_prompts_agree(self, tiny):
        model, recorded = load(tiny, ANY), Recorded.of(tiny)
        for name, want in recorded.arrays.items():
            if name.startswith("prompt_"):
                got = model.encode(TEXTS, prompt_name=name.removeprefix("prompt_"))
                assert_close(got, want)
        for name, encode in (("query", model.encode_query), ("document", model.encode_document)):
            if name in recorded.arrays:
                assert_close(encode(TEXTS), recorded.arrays[name])

    def test_settings_agree(self, tiny):
        model, about = load(tiny, ANY), Recorded.of(tiny).about
        assert model.max_seq_length == about["max_seq_length"]
        assert model.get_embedding_dimension() == about["dimension"]
        assert model.similarity_fn_name == about["similarity_fn_name"]
        assert model.prompts == about["prompts"]
        assert model.default_prompt_name == about["default_prompt_name"]

    def test_similarities_agree(self, tiny):
        model, arrays = load(tiny, ANY), Recorded.of(tiny).arrays
        _check_similarities(model, arrays, model.similarity_fn_name)

    def test_some_backend_runs_every_module_itself(self, tiny):
        """A tail on the reference is right too, but then nobody's own modules would be compared."""
        plans = {}
        for backend in BACKENDS:
            rows = load(tiny, backend).explain().rows
            plans[backend] = [row.reason for row in rows]
        assert any(not any(reasons) for reasons in plans.values()), plans


class TestRealModel:
    def test_vectors_agree(self, backend):
        model, arrays = load(REAL, backend), Recorded.of(REAL).arrays
        texts = list(PROBES.values())
        assert_close(model.encode(texts), arrays["default"])
        few = texts[:FEW]
        assert_close(model.encode(few, normalize_embeddings=True), arrays["normalized"][:FEW])
        assert_close(model.encode(few, truncate_dim=128), arrays["truncated"][:FEW])
        assert_close(model.encode(few, prompt="query: "), arrays["free_prompt"][:FEW])

    def test_token_vectors_agree(self, backend):
        model, arrays = load(REAL, backend), Recorded.of(REAL).arrays
        found = model.encode([PROBES[n] for n in TOKEN_PROBES], output_value="token_embeddings")
        for name, got in zip(TOKEN_PROBES, found, strict=True):
            assert_close(got, arrays[f"tokens/{name}"])

    def test_token_counts_agree(self):
        model, arrays = load(REAL, ANY), Recorded.of(REAL).arrays
        how = Treatment(max_length=model.max_seq_length)
        found = model.__loaded__().pipeline.preparer.prepare(list(PROBES.values()), how)
        np.testing.assert_array_equal(found.lengths, arrays["token_counts"])

    @pytest.mark.parametrize("name", ["cosine", "dot", "euclidean", "manhattan"])
    def test_similarities_agree(self, name):
        model, arrays = load(REAL, ANY), Recorded.of(REAL).arrays
        model.similarity_fn_name, before = name, model.similarity_fn_name
        _check_similarities(model, arrays, name)
        model.similarity_fn_name = before


@pytest.mark.parametrize("precision", ["int8", "uint8", "binary", "ubinary"])
def test_quantised_vectors_agree(precision):
    arrays = Recorded.of(REAL).arrays
    got = quantize_embeddings(arrays["default"], precision, ranges=arrays["ranges"])
    want = arrays[f"quantized/{precision}"]
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def _check_similarities(model, arrays, name):
    few = arrays["default"][:12]
    assert_close(model.similarity(few, few[::-1]), arrays[f"similarity/{name}"])
    pairs = model.similarity_pairwise(few[:-1], few[1:])
    assert_close(pairs, arrays[f"similarity_pairwise/{name}"])
