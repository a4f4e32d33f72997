"""Search by comparing everything, in small pieces, with what users hand in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isomorph import community_detection, paraphrase_mining, semantic_search
from isomorph.errors import InputError
from isomorph.postprocess.scores import cos_sim, dot_score, manhattan_sim
from isomorph.search import nearest as blocks
from isomorph.search.paraphrases import paraphrase_mining_embeddings

RANDOM = np.random.default_rng(2)
QUERIES = RANDOM.normal(size=(7, 6)).astype(np.float32)
CORPUS = RANDOM.normal(size=(53, 6)).astype(np.float32)


@given(st.integers(1, 9), st.integers(1, 60), st.integers(1, 60), st.sampled_from([1, 40, 1 << 24]))
def test_chunks_change_nothing(query_chunk, corpus_chunk, k, most):
    want = np.argsort(-manhattan_sim(QUERIES, CORPUS), axis=1, kind="stable")[:, :k]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "MOST_SCORES", most)
        got = semantic_search(QUERIES, CORPUS, query_chunk, corpus_chunk, k, manhattan_sim)
    assert [[hit["corpus_id"] for hit in hits] for hits in got] == want.tolist()


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_equal_scores_keep_the_order_of_the_corpus(chunk):
    same = np.ones((9, 4), np.float32)
    (hits,) = semantic_search(
        same[0], same, corpus_chunk_size=chunk, top_k=4, score_function=dot_score
    )
    assert hits == [{"corpus_id": i, "score": 4.0} for i in range(4)]


def test_a_score_may_count_without_a_sign():
    codes = np.random.default_rng(1).integers(0, 256, (9, 4), dtype=np.uint8)
    codes[5] = ~codes[0]  # no bit in common

    def alike(a, b):
        return 32 - np.bitwise_count(a[:, None] ^ b[None]).sum(axis=-1)

    want = np.argsort(-alike(codes, codes).astype(int), axis=1, kind="stable").tolist()
    found = semantic_search(codes, codes, corpus_chunk_size=4, score_function=alike)
    assert alike(codes, codes).dtype.kind == "u"
    assert [[hit["corpus_id"] for hit in hits] for hits in found] == want
    assert found[0][-1] == {"corpus_id": 5, "score": 0}


@pytest.mark.parametrize("columns", [1, 52, 54])
def test_a_score_for_each_of_the_corpus(columns):
    with pytest.raises(InputError, match=rf"here \(7, 53\), not \(7, {columns}\)"):
        semantic_search(QUERIES, CORPUS, score_function=lambda a, b: np.ones((len(a), columns)))


def test_results_are_plain_numbers():
    hit = semantic_search(QUERIES, CORPUS, top_k=1)[0][0]
    assert type(hit["corpus_id"]) is int
    assert type(hit["score"]) is float


@pytest.mark.parametrize("empty", [[], np.zeros((0, 6), np.float32)])
def test_nothing_to_search(empty):
    assert semantic_search(QUERIES, empty) == [[]] * 7
    assert semantic_search(empty, CORPUS) == []
    assert paraphrase_mining_embeddings(empty) == []
    assert community_detection(empty, min_community_size=1) == []


def test_k_beyond_the_corpus():
    assert [len(hits) for hits in semantic_search(QUERIES, CORPUS[:3], top_k=99)] == [3] * 7


def test_vectors_with_nan_come_last():
    corpus = CORPUS.copy()
    corpus[5, 2] = np.nan
    for hits in semantic_search(QUERIES, corpus, top_k=53):
        assert hits[-1] == {"corpus_id": 5, "score": -np.inf}
    assert 5 not in {i for pair in paraphrase_mining_embeddings(corpus) for i in pair[1:]}
    (found,) = community_detection(corpus, threshold=-2, min_community_size=1)
    assert 5 not in found


class Tensor:
    """Has of a tensor's methods what we use, and cannot be taken for an array otherwise."""

    def __init__(self, array, stages=()):
        self.array, self.stages = array, stages

    shape = property(lambda self: self.array.shape)
    dtype = "float32"
    __array__ = None

    def __getitem__(self, key):
        return Tensor(self.array[key], self.stages)

    def reshape(self, *shape):
        return Tensor(self.array.reshape(*shape), self.stages)

    def detach(self):
        return Tensor(self.array, (*self.stages, "detached"))

    def cpu(self):
        assert self.stages == ("detached",)
        return Tensor(self.array, (*self.stages, "here"))

    def float(self):
        return Tensor(self.array.astype(np.float32), (*self.stages, "float32"))

    def numpy(self):
        if self.array.dtype == np.float16 and "float32" not in self.stages:
            raise TypeError("no such type")  # as of bfloat16
        assert self.stages[:2] == ("detached", "here")
        return self.array


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_tensors(kind):
    queries, corpus = QUERIES.astype(kind), CORPUS.astype(kind)
    want = semantic_search(queries.astype(np.float32), corpus.astype(np.float32))
    assert semantic_search(Tensor(queries), Tensor(corpus)) == want
    rows = [Tensor(row) for row in queries]
    assert semantic_search(rows, Tensor(corpus)) == want
    one = semantic_search(Tensor(queries[0]), Tensor(corpus))[0]
    assert [hit["corpus_id"] for hit in one] == [hit["corpus_id"] for hit in want[0]]


def test_a_function_of_the_caller_gets_what_the_caller_gave():
    def score(a, b):
        assert isinstance(a, Tensor)
        assert isinstance(b, Tensor)
        return Tensor(dot_score(a.array, b.array))

    got = semantic_search(Tensor(QUERIES), Tensor(CORPUS), score_function=score)
    assert got == semantic_search(QUERIES, CORPUS, score_function=dot_score)


def test_lists_and_narrow_types():
    want = semantic_search(QUERIES, CORPUS)
    assert semantic_search(QUERIES.tolist(), list(CORPUS)) == want
    narrow = semantic_search(QUERIES, CORPUS.astype(np.float16), top_k=1)
    assert [hits[0]["corpus_id"] for hits in narrow] == [hits[0]["corpus_id"] for hits in want]


def test_refusals():
    with pytest.raises(InputError, match="top_k must be a positive integer"):
        semantic_search(QUERIES, CORPUS, top_k=0)
    with pytest.raises(InputError, match="corpus_chunk_size must be a positive integer"):
        semantic_search(QUERIES, CORPUS, corpus_chunk_size=0)
    with pytest.raises(InputError, match="6 and 5 features"):
        semantic_search(QUERIES, CORPUS[:, :5])
    with pytest.raises(
        InputError, match=r"returns \(queries, corpus\), here \(7, 53\), not \(7,\)"
    ):
        semantic_search(QUERIES, CORPUS, score_function=lambda a, b: np.zeros(len(a)))
    with pytest.raises(InputError, match="max_pairs must be a positive integer"):
        paraphrase_mining_embeddings(CORPUS, max_pairs=0)
    with pytest.raises(InputError, match="batch_size must be a positive integer"):
        community_detection(CORPUS, batch_size=0)


@pytest.mark.parametrize("chunk", [1, 5, 5000])
def test_every_pair_once_best_first(chunk):
    got = paraphrase_mining_embeddings(CORPUS, query_chunk_size=chunk, corpus_chunk_size=7)
    scores = cos_sim(CORPUS, CORPUS)
    i, j = np.triu_indices(len(CORPUS), 1)
    order = np.argsort(-scores[i, j], kind="stable")
    assert {tuple(pair[1:]) for pair in got} == set(zip(i.tolist(), j.tolist(), strict=True))
    np.testing.assert_allclose([pair[0] for pair in got], scores[i, j][order], atol=1e-6)


def test_duplicates_beyond_top_k_and_ties():
    same = np.ones((4, 3), np.float32)
    got = paraphrase_mining_embeddings(same, top_k=1, score_function=dot_score)
    assert [pair[1:] for pair in got] == [[0, 1], [0, 2], [0, 3]]
    few = paraphrase_mining_embeddings(same, max_pairs=2, score_function=dot_score)
    assert few == [[3.0, 0, 1], [3.0, 0, 2]]


def test_mining_hands_on_what_is_given():
    class Model:
        def encode(self, inputs, **options):
            self.options = options
            return CORPUS[: len(inputs)]

    model = Model()
    got = paraphrase_mining(model, ["a", "b", "c"], prompt_name="query", batch_size=3)
    assert model.options == {"batch_size": 3, "show_progress_bar": False, "prompt_name": "query"}
    assert got == paraphrase_mining_embeddings(CORPUS[:3])


@pytest.mark.parametrize("most", [1, 100, 1 << 24])
def test_communities_by_hand(monkeypatch, most):
    monkeypatch.setattr("isomorph.search.communities.MOST_SCORES", most)
    angles = np.radians([0, 4, 8, 90, 94, 200, 86, 12])
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    got = community_detection(points, threshold=np.cos(np.radians(5)), min_community_size=2)
    # At most 5 degrees: 4 and 8 have three neighbours each, and so has 90; the lower index goes first.
    assert [sorted(group) for group in got] == [[0, 1, 2], [3, 4, 6]]
    assert [group[0] for group in got] == [1, 3]
    assert community_detection(points, threshold=0.99, min_community_size=9) == []


def test_a_bar_on_request(capsys):
    community_detection(CORPUS, min_community_size=1, show_progress_bar=True)
    assert "Communities" in capsys.readouterr().err
