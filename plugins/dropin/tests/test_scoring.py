from importlib import import_module

import numpy as np
import pytest
import torch

from isomorph.errors import InputError


@pytest.fixture(scope="module")
def scoring(whole_tree):
    return import_module("sentence_transformers.multi_vector_encoder.scoring")


@pytest.fixture
def vectors():
    random = np.random.default_rng(5)
    queries = torch.tensor(random.normal(size=(3, 4, 8)), dtype=torch.float32)
    documents = torch.tensor(random.normal(size=(3, 2, 5, 8)), dtype=torch.float32)
    documents[0, 0, 3:] = 0
    documents[2, 1] = 0
    return queries, documents


def test_groups_of_documents_are_scored_as_their_documents_are(scoring, vectors):
    queries, documents = vectors
    every = scoring.colbert_scores(queries, documents)
    assert every.shape == (3, 6)
    assert every[0, 5] == -1e9
    pairs = scoring.colbert_scores_pairwise(queries, documents[:, 1])
    torch.testing.assert_close(every[[0, 1, 2], [1, 3, 5]], pairs)
    torch.testing.assert_close(scoring.colbert_kd_scores(queries, documents)[:, 1], pairs)
    kept = documents[2, 1].any(dim=-1).any()
    assert not kept
    torch.testing.assert_close(scoring.mean_colbert_scores(queries, documents), every / 4)


def test_scores_of_tokens_that_are_found(scoring):
    queries = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    documents = torch.tensor([[[[3.0, 0.5], [1.0, 1.0]], [[2.0, 2.5], [0.0, 0.0]]]])
    # the first token finds 3.0, the second 2.5: each document has one token that found it
    assert scoring.xtr_scores(queries, documents, top_k=1).tolist() == [[3.0, 2.5]]
    # with two each they find (3, 2) and (2.5, 1)
    assert scoring.xtr_scores(queries, documents, top_k=2).tolist() == [[2.0, 2.25]]
    every = scoring.XTRScores(10)(queries, documents)
    assert every.tolist() == [[2.0, 2.25]]
    assert scoring.XTRKDScores(10)(queries, documents).tolist() == [[2.0, 2.25]]
    mask = torch.tensor([[True, False]])
    assert scoring.xtr_scores(queries, documents, mask, top_k=1).tolist() == [[3.0, 0.0]]
    with pytest.raises(InputError, match="top_k"):
        scoring.xtr_scores(queries, documents, top_k=0)
