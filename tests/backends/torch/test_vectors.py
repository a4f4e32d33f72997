"""The functions on vectors take this engine's tensors, and answer with tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from isomorph import util
from isomorph.evaluation import InformationRetrievalEvaluator
from isomorph.postprocess.similarity import DENSE, SimilarityFunction

torch.manual_seed(3)
A, B = torch.randn(5, 8), torch.randn(7, 8)


@pytest.mark.parametrize("name", DENSE)
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_similarities_of_tensors(name, kind):
    a, b = A.to(kind).clone().requires_grad_(), B.to(kind)
    matrix = SimilarityFunction.to_similarity_fn(name)
    got = matrix(a, b)
    wide = torch.float64 if kind == torch.float64 else torch.float32
    assert got.dtype == wide
    np.testing.assert_array_equal(got, matrix(a.detach().to(wide).numpy(), b.to(wide).numpy()))
    assert torch.equal(matrix(list(a), list(b)), got)
    pairs = SimilarityFunction.to_similarity_pairwise_fn(name)(a, b[:5])
    assert isinstance(pairs, torch.Tensor)
    np.testing.assert_allclose(pairs, got.diagonal(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", DENSE)
def test_sparse_tensors(name):
    a, b = A * (A > 0.5), B * (B > 0.5)
    matrix = SimilarityFunction.to_similarity_fn(name)
    np.testing.assert_allclose(matrix(a.to_sparse(), b.to_sparse()), matrix(a, b), atol=1e-5)
    rows = [row.to_sparse() for row in a]
    np.testing.assert_allclose(matrix(rows, b), matrix(a, b), atol=1e-5)
    want = [[hit["corpus_id"] for hit in hits] for hits in util.semantic_search(b, a)]
    got = util.semantic_search(b.to_sparse(), a.to_sparse())
    assert [[hit["corpus_id"] for hit in hits] for hits in got] == want


def test_late_interaction():
    left, right = [A[:2], A[2:]], [B[:3], B[3:]]
    got = util.mean_maxsim(left, right)
    assert isinstance(got, torch.Tensor)
    want = torch.stack([(q @ d.T).amax(1).mean() for q in left for d in right]).reshape(2, 2)
    torch.testing.assert_close(got, want)
    mask = torch.tensor([[True, False], [True, True]])
    padded = torch.stack([A[:2], A[2:4]])
    want = torch.stack([(A[0] @ B[:3].T).max(), (A[0] @ B[3:].T).max()])
    torch.testing.assert_close(util.maxsim(padded, right, a_mask=mask)[0], want)


def test_forms_are_kept():
    unit = util.normalize_embeddings(A)
    torch.testing.assert_close(unit, torch.nn.functional.normalize(A))
    assert util.truncate_embeddings(A, 3).shape == (5, 3)
    few = util.select_max_active_dims(A, 2)
    assert isinstance(few, torch.Tensor)
    assert (few != 0).sum(dim=1).tolist() == [2] * 5


def test_search_with_a_function_of_tensors():
    got = util.semantic_search(A, B, score_function=lambda a, b: -torch.cdist(a, b), top_k=3)
    want = (-torch.cdist(A, B)).topk(3).indices
    assert [[hit["corpus_id"] for hit in hits] for hits in got] == want.tolist()


def test_an_evaluator_of_a_model_that_gives_tensors():
    class Model:
        similarity_fn_name = "cosine"

        def encode_query(self, inputs, **_):
            return A[:2] + torch.zeros(2, 8, requires_grad=True)

        def encode_document(self, inputs, **_):
            return A[[int(text) for text in inputs]]

        def similarity(self, a, b):
            return torch.nn.functional.cosine_similarity(a[:, None], b[None], dim=-1)

    corpus = {str(i): str(i) for i in range(5)}
    evaluator = InformationRetrievalEvaluator({"a": "", "b": ""}, corpus, {"a": {"0"}, "b": {"1"}})
    assert evaluator(Model())["cosine_accuracy@1"] == 1
