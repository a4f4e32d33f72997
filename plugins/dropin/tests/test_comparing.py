import numpy as np
import pytest
import torch

from .conftest import MINILM

NAMES = ["cos_sim", "dot_score", "euclidean_sim", "manhattan_sim"]
ROWS = [[0.5, -1.0, 2.0], [3.0, 0.5, -0.25]]


@pytest.mark.parametrize("name", [*NAMES, *(f"pairwise_{name}" for name in NAMES)])
def test_gradients_go_through_a_comparison(library, name):
    vectors = torch.tensor(ROWS, requires_grad=True)
    scores = getattr(library.util, name)(vectors, torch.tensor(ROWS[::-1]))
    scores.sum().backward()
    assert vectors.grad is not None
    assert vectors.grad.abs().sum() > 0


@pytest.mark.parametrize("name", NAMES)
def test_all_forms_of_the_same_vectors_have_the_same_scores(library, name):
    compare = getattr(library.util, name)
    array = np.array(ROWS, np.float32)
    expected = compare(torch.tensor(ROWS), torch.tensor(ROWS))
    forms = (array, ROWS, list(array), list(torch.tensor(ROWS)), torch.tensor(ROWS).to_sparse())
    for form in forms:
        found = compare(form, array)
        assert (found.dtype, found.shape) == (torch.float32, (2, 2))
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)
    assert compare(ROWS[0], array).shape == (1, 2)
    assert compare(array.astype(np.float64), array.astype(np.float64)).dtype is torch.float64
    assert compare(array.astype(np.float16), array.astype(np.float16)).dtype is torch.float32


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_of_single_vectors_has_one_number_and_one_stands_for_a_side(library, name):
    pairs = getattr(library.util, f"pairwise_{name}")
    vectors = torch.tensor(ROWS)
    assert pairs(ROWS[0], ROWS[1]).shape == pairs([1, 2], [3, 4]).shape == ()
    assert pairs([1, 2], [[3, 4], [5, 6]]).shape == (2,)
    torch.testing.assert_close(
        pairs(vectors[0], vectors), getattr(library.util, name)(vectors[0], vectors)[0]
    )


def test_products_of_whole_numbers_are_whole(library):
    assert library.util.dot_score([1, 2], [3, 4]).dtype is torch.int64
    assert library.util.pairwise_dot_score([1, 2], [3, 4]).item() == 11


def test_what_torch_would_refuse_is_answered_or_named(library):
    assert library.util.cos_sim([[1, 2]], [[1, 2]]).item() == pytest.approx(1)
    assert library.util.cos_sim(np.ones((1, 2)), np.ones((1, 2), np.float32)).shape == (1, 1)
    with pytest.raises(ValueError, match="2 and 3 features"):
        library.util.cos_sim(np.ones((1, 2)), np.ones((1, 3)))


def test_a_model_compares_single_vectors_as_its_function_does(library):
    model = library.SentenceTransformer(str(MINILM))
    vectors = torch.tensor(ROWS, requires_grad=True)
    assert model.similarity_pairwise(vectors[0], vectors[1]).shape == ()
    assert model.similarity(vectors, vectors).requires_grad
    model.similarity_fn_name = "manhattan"
    assert model.similarity(vectors, vectors)[0, 1].item() == pytest.approx(-6.25)


def test_lengths_of_sparse_rows_are_1_and_they_stay_sparse(library):
    rows = torch.tensor([[3.0, 0, 4], [0, 0, 0]]).to_sparse()
    found = library.util.normalize_embeddings(rows)
    assert found.is_sparse
    torch.testing.assert_close(found.to_dense(), torch.tensor([[0.6, 0, 0.8], [0, 0, 0]]))
    torch.testing.assert_close(
        library.util.normalize_embeddings(rows[0]).to_dense(), torch.tensor([0.6, 0, 0.8])
    )


def test_a_score_of_the_program_gets_tensors(library):
    def score(a, b):
        return torch.mm(a, b.T)

    for form in (np.array(ROWS, np.float32), ROWS, torch.tensor(ROWS)):
        hits = library.util.semantic_search(form, form, top_k=1, score_function=score)
        assert [hit[0]["corpus_id"] for hit in hits] == [0, 1]
        assert library.util.paraphrase_mining_embeddings(form, score_function=score)


def test_a_score_of_a_program_s_evaluator_gets_tensors(library):
    from sentence_transformers.evaluation import InformationRetrievalEvaluator, RerankingEvaluator

    def score(a, b):
        return torch.mm(torch.atleast_2d(a), b.T)

    model = library.SentenceTransformer(str(MINILM))
    texts = {"a": "Rain falls.", "b": "Trains are late."}
    judge = InformationRetrievalEvaluator(
        {"q": "rain"}, texts, {"q": {"a"}}, score_functions={"own": score}, write_csv=False
    )
    assert judge(model)["own_accuracy@1"] == 1
    samples = [{"query": "rain", "positive": [texts["a"]], "negative": [texts["b"]]}]
    assert RerankingEvaluator(samples, similarity_fct=score, write_csv=False)(model)["map"] == 1


def test_token_vectors_are_reranked_by_the_model_s_own_score(library):
    from sentence_transformers.multi_vector_encoder.evaluation import MultiVectorRerankingEvaluator

    class Model:
        similarity_fn_name = "maxsim"
        similarity = staticmethod(library.util.maxsim)

        def encode_query(self, inputs, **_):
            return [torch.eye(3)[: int(text)] for text in inputs]

        encode_document = encode_query

    samples = [{"query": "3", "positive": ["3"], "negative": ["1", "2"]}]
    found = MultiVectorRerankingEvaluator(samples)(Model())
    assert found == {"map": 1, "mrr@10": 1, "ndcg@10": 1}
