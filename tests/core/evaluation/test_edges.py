"""What users run into: nothing to evaluate, NaN, ids that do not meet, files of another shape."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np
import pytest

from isomorph import evaluation
from isomorph.errors import InputError
from isomorph.evaluation import (
    BaseEvaluator,
    BinaryClassificationEvaluator,
    CrossEncoderClassificationEvaluator,
    CrossEncoderCorrelationEvaluator,
    CrossEncoderRerankingEvaluator,
    EmbeddingSimilarityEvaluator,
    InformationRetrievalEvaluator,
    ParaphraseMiningEvaluator,
    RerankingEvaluator,
    SequentialEvaluator,
    TripletEvaluator,
)
from isomorph.evaluation.paraphrase_mining import transitive_closure
from isomorph.evaluation.results_table import ResultsTable
from isomorph.postprocess.maxsim import maxsim
from isomorph.postprocess.similarity import _functions

from .cases import (
    CORPUS,
    EVALUATORS,
    LEFT,
    QUERIES,
    RELEVANT,
    RIGHT,
    WITHOUT_MODEL,
    FixedScores,
    asked,
    vector,
)


def retrieval(queries=QUERIES, corpus=CORPUS, relevant=RELEVANT, **options):
    return InformationRetrievalEvaluator(queries, corpus, relevant, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: retrieval(corpus={}), "corpus is empty"),
        (lambda: retrieval(relevant={}), "None of 40 queries has relevant documents"),
        (lambda: retrieval(relevant={"q1": set()}), "None of 40 queries"),
        (lambda: retrieval(relevant={"q1": {7}}), "ids such as 7, and the corpus such as 'd000'"),
        (lambda: retrieval(relevant={"q1": "d001"}), "a set of ids, not the text 'd001'"),
        (lambda: retrieval(ndcg_at_k=[]), "ndcg_at_k must name one rank"),
        (lambda: retrieval(map_at_k=[0]), "positive integers"),
        (lambda: retrieval(corpus_chunk_size=0), "positive integer"),
        (lambda: EmbeddingSimilarityEvaluator(["a"], ["b", "c"], [1]), "must be equally long"),
        (lambda: EmbeddingSimilarityEvaluator(["a"], ["b"], [1.0]), "at least two scores"),
        (
            lambda: EmbeddingSimilarityEvaluator(["a"] * 2, ["b"] * 2, [1, np.nan]),
            "all of them finite",
        ),
        (
            lambda: EmbeddingSimilarityEvaluator(LEFT, RIGHT, [1] * 120, main_similarity="l2"),
            "'l2' is not one of cosine",
        ),
        (
            lambda: EmbeddingSimilarityEvaluator(LEFT, RIGHT, [1] * 120, precision="int4"),
            "'int4' is not supported: take one of float32",
        ),
        (lambda: TripletEvaluator([], [], []), "anchors, positives, negatives are empty"),
        (lambda: TripletEvaluator(["a"], ["b"], ["c"], margin={"l2": 1}), "unexpected keys"),
        (lambda: BinaryClassificationEvaluator(["a"], ["b"], [2]), "Labels are 0 or 1, not 2"),
        (lambda: RerankingEvaluator([]), "None of 0 samples"),
        (lambda: RerankingEvaluator([{"query": "a", "positive": "b"}]), "Sample 0 has no negative"),
        (
            lambda: RerankingEvaluator([{"query": "a", "positive": "b", "negative": []}]),
            "None of 1 samples has positive and negative",
        ),
        (lambda: ParaphraseMiningEvaluator({}), "sentences_map is empty"),
        (lambda: ParaphraseMiningEvaluator({"a": "b"}, [("a", "b", "c")]), "a set of pairs"),
        (lambda: ParaphraseMiningEvaluator({"a": "b"}, ["ab"]), "a set of pairs"),
        (lambda: SequentialEvaluator([]), "evaluators is empty"),
        (lambda: CrossEncoderRerankingEvaluator([]), "There must be samples"),
        (
            lambda: CrossEncoderRerankingEvaluator(
                [{"query": "a", "positive": "b", "negative": [], "documents": []}]
            ),
            "either negative or documents",
        ),
        (lambda: CrossEncoderClassificationEvaluator([], []), "sentence_pairs, labels are empty"),
        (lambda: CrossEncoderCorrelationEvaluator([("a", "b")], [1]), "at least two scores"),
    ],
)
def test_refused_before_anything_runs(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_a_corpus_smaller_than_k_and_relevant_documents_that_it_lacks(model):
    corpus = {"d1": "text 1 a", "d2": "text 2 a"}
    queries = {"q": "text 1 b", "none": "text 2 b"}
    relevant = {"q": ["d1", "d1", "gone"]}
    got = retrieval(queries, corpus, relevant)(model)
    assert got["cosine_accuracy@1"] == 1
    assert got["cosine_precision@10"] == 0.1
    assert got["cosine_recall@10"] == 0.5
    assert got["cosine_mrr@10"] == 1
    assert got["cosine_map@100"] == 0.5
    assert got["cosine_ndcg@10"] == pytest.approx(1 / (1 + 1 / np.log2(3)))


def test_a_rank_that_is_listed_twice_counts_once(model):
    texts, relevant = {"a": "text 1 a", "b": "text 2 a"}, {"a": {"a"}}
    once = retrieval(texts, texts, relevant, accuracy_at_k=[5], mrr_at_k=[5])(model)
    twice = retrieval(texts, texts, relevant, accuracy_at_k=[5, 5], mrr_at_k=[5, 5])(model)
    assert twice == once
    assert once["cosine_accuracy@5"] == 1


def test_grades_above_nothing_are_relevant(model):
    graded = {"q1": {"d001": 2, "d002": 0}}
    assert retrieval(relevant=graded)(model) == retrieval(relevant={"q1": {"d001"}})(model)


def test_equal_documents_stand_in_the_order_of_their_ids(model):
    same = dict.fromkeys(("b", "c", "a"), "text 1 a")
    for wanted, rank in (("a", 1), ("b", 2), ("c", 3)):
        got = retrieval({"q": "text 1 b"}, same, {"q": {wanted}})(model)
        assert got["cosine_mrr@10"] == pytest.approx(1 / rank)


def test_an_evaluator_says_what_it_asks():
    evaluator = retrieval({"q": "a", "none": "b"}, {"e": "b", "d": "c"}, {"q": {"d"}})
    assert (evaluator.queries_ids, evaluator.queries) == (["q"], ["a"])
    assert (evaluator.corpus_ids, evaluator.corpus) == (["e", "d"], ["b", "c"])
    assert evaluator.relevant_docs == {"q": {"d"}}


def test_what_needs_no_order_may_be_a_set_and_samples_an_iterator(model):
    texts = {"1": "text 1 a", "2": "text 1 b", "3": "text 2 a"}
    listed, gathered = (
        ParaphraseMiningEvaluator(texts, kind([("1", "2")])) for kind in (list, set)
    )
    assert gathered(model) == listed(model)
    samples = [{"query": "text 1 b", "positive": ["text 1 a"], "negative": ["text 2 a"]}]
    assert RerankingEvaluator(iter(samples))(model) == RerankingEvaluator(samples)(model)


def test_ids_of_several_kinds(model):
    mixed = {"b": "text 1 a", 2: "text 2 a", 1: "text 3 a"}
    assert retrieval({0: "text 1 b"}, mixed, {0: {"b"}})(model)["cosine_accuracy@1"] == 1


def test_embeddings_of_the_corpus_may_be_there_already(model):
    corpus = dict(reversed(CORPUS.items()))
    ready = np.stack([vector(text) for text in corpus.values()])
    got = retrieval(corpus=corpus)(model, corpus_embeddings=ready)
    assert got == pytest.approx(retrieval()(model))


OF_FLOATS = [
    name
    for name, (_, arguments) in EVALUATORS.items()
    if not name.startswith("pairs") and "precision" not in arguments  # bytes hold no NaN
    if name not in WITHOUT_MODEL
]


@pytest.mark.parametrize("name", OF_FLOATS)
def test_nan_in_vectors(name, model):
    cls, arguments = asked(name, model)
    encode = model.encode

    def broken(inputs, *args, **options):
        found = encode(inputs, *args, **options)
        found[-1, 2] = np.nan
        return found

    evaluator = getattr(evaluation, cls)(**arguments)
    model.encode = broken
    with pytest.raises(InputError, match="vectors that hold NaN"):
        evaluator(model)


def test_nan_in_scores_and_labels_that_a_model_lacks():
    pairs = [("a", "b"), ("a", "c")]
    model = FixedScores(1)
    three = CrossEncoderClassificationEvaluator(pairs, [0, 3])
    with pytest.raises(InputError, match="Labels go from 0 to 3, and this model has 3"):
        three(FixedScores(3))
    with pytest.raises(InputError, match="Labels are 0 or 1, not 3"):
        three(model)
    with pytest.raises(InputError, match="this model has 3 labels"):
        CrossEncoderCorrelationEvaluator(pairs, [0, 1])(FixedScores(3))
    model.predict = lambda inputs, **_: np.full(len(inputs), np.nan)
    with pytest.raises(InputError, match="scores that are NaN"):
        CrossEncoderCorrelationEvaluator(pairs, [0, 1])(model)


def test_constant_scores_have_no_correlation(model):
    got = EmbeddingSimilarityEvaluator(LEFT, RIGHT, [1.0] * 120)(model)
    assert np.isnan(got["pearson_cosine"])
    assert np.isnan(got["spearman_cosine"])


def test_no_duplicates_at_all(model):
    got = ParaphraseMiningEvaluator({"a": "text 1 a", "b": "text 2 a"}, [("a", "a"), ("a", "x")])(
        model
    )
    assert got["average_precision"] == got["f1"] == got["recall"] == 0


def test_one_text_makes_no_pair(model):
    assert ParaphraseMiningEvaluator({"a": "text 1 a"})(model)["average_precision"] == 0


def test_closure():
    pairs = [frozenset(pair) for pair in (("a", "b"), ("b", "c"), ("d", "e"))]
    assert transitive_closure(pairs) == {frozenset(p) for p in ("ab", "bc", "ac", "de")}


def test_relevant_documents_do_not_win_ties(model):
    same = [{"query": "text 1 b", "positive": ["text 1 a"], "negative": ["text 1 a"]}]
    got = RerankingEvaluator(same)(model)
    assert got["mrr@10"] == pytest.approx(0.75)
    assert got["map"] == pytest.approx(0.5)


def test_a_file_with_other_columns_is_left_alone(model, tmp_path):
    evaluator = BinaryClassificationEvaluator(LEFT[:9], RIGHT[:9], [0, 1, 1] * 3)
    evaluator(model, tmp_path)
    evaluator(model, tmp_path, epoch=1)
    (path,) = tmp_path.iterdir()
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[:2] for row in rows] == [["epoch", "steps"], ["-1", "-1"], ["1", "-1"]]
    model.similarity_fn_name = "dot"
    before = path.read_bytes()
    with pytest.raises(InputError, match="Give another output_path or name"):
        evaluator(model, tmp_path)
    assert path.read_bytes() == before
    BinaryClassificationEvaluator(LEFT, RIGHT, [1] * 120, write_csv=False)(model, tmp_path)
    assert path.read_bytes() == before


def test_each_file_has_the_line_ends_of_its_kind(model, tmp_path):
    texts = {"a": "text 1 a", "b": "text 2 a"}
    retrieval(texts, texts, {"a": {"a"}})(model, tmp_path / "dense")
    (path,) = (tmp_path / "dense").iterdir()
    assert path.read_bytes().count(b"\n") == 2
    assert b"\r" not in path.read_bytes()
    pairs = BinaryClassificationEvaluator(["a", "b"], ["c", "d"], [0, 0])
    pairs(model, tmp_path / "pairs")
    (path,) = (tmp_path / "pairs").iterdir()
    header, row, _ = path.read_bytes().decode().split("\r\n")
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    assert [cells[f"cosine_{name}"] for name in ("f1", "f1_threshold", "precision")] == ["0"] * 3
    assert cells["cosine_ap"] == "0.0"


def test_a_table_makes_its_folder(tmp_path):
    ResultsTable.at(tmp_path / "a" / "b", "c.csv", ["x"]).append(np.float32(0.5))
    assert (tmp_path / "a" / "b" / "c.csv").read_text().split() == ["x", "0.5"]


def test_an_evaluator_serves_models_of_several_similarities(model):
    evaluator = TripletEvaluator(LEFT, RIGHT, LEFT[1:] + LEFT[:1])
    assert list(evaluator(model)) == ["cosine_accuracy"]
    model.similarity_fn_name = "dot"
    assert list(evaluator(model)) == ["dot_accuracy"]
    assert evaluator.primary_metric == "dot_accuracy"


class TokenVectors:
    """One vector a letter."""

    similarity_fn_name = "maxsim"

    @staticmethod
    def encode(inputs, batch_size=32, show_progress_bar=None):
        table = np.random.default_rng(1).normal(size=(128, 4)).astype(np.float32)
        return [table[[ord(letter) for letter in text]] for text in inputs]

    encode_query = encode_document = encode
    similarity = staticmethod(maxsim)


def test_the_old_name_of_the_similarity_of_triplets(model):
    with pytest.warns(DeprecationWarning, match="write main_similarity_function"):
        evaluator = TripletEvaluator(LEFT, RIGHT, LEFT, main_distance_function="dot")
    assert list(evaluator(model)) == ["dot_accuracy"]


def test_models_of_one_vector_a_token():
    model = TokenVectors()
    words = ["stone", "river", "tree", "lamp"]
    got = retrieval(
        dict(enumerate(words)),
        dict(enumerate(words)),
        {i: {i} for i in range(4)},
        corpus_chunk_size=3,
    )(model)
    assert got["maxsim_accuracy@3"] == 1
    assert TripletEvaluator(words, words, ["a", "b", "x", "y"])(model)["maxsim_accuracy"] > 0
    samples = [{"query": word, "positive": word, "negative": ["zzz", "yy"]} for word in words]
    for batched in (True, False):
        found = RerankingEvaluator(samples, use_batched_encoding=batched)(model)
        assert found["ndcg@10"] > 0.6
    pairs = BinaryClassificationEvaluator([*words, "a"], [*words, "z"], [1, 1, 1, 1, 0])
    assert 0 < pairs(model)["maxsim_ap"] <= 1
    late = evaluation.MultiVectorRerankingEvaluator(samples, similarity_fct=None)
    assert late(model) == RerankingEvaluator(samples)(model)


def test_token_vectors_of_a_corpus_are_compared_in_parts(monkeypatch):
    words = dict(enumerate(["stone", "river", "tree", "lamp"]))
    held = []

    def watched(a, b, chunk_elements=None):
        held.append(chunk_elements)
        return maxsim(a, b, chunk_elements=chunk_elements)

    monkeypatch.setattr("isomorph.postprocess.maxsim.maxsim", watched)
    _functions.cache_clear()
    judge = evaluation.MultiVectorInformationRetrievalEvaluator
    whole = judge(words, words, {i: {i} for i in words})
    assert whole.corpus_chunk_size == 5000
    parts = judge(words, words, {i: {i} for i in words}, chunk_elements=9, mrr_at_k=[10])
    assert parts(TokenVectors()) == whole(TokenVectors())
    assert set(held) == {9}
    _functions.cache_clear()
    with pytest.raises(InputError, match="chunk_elements"):
        judge(words, words, {i: {i} for i in words}, chunk_elements=0)


def test_sequence(model):
    class Plain(BaseEvaluator):
        def __call__(self, model, output_path=None, epoch=-1, steps=-1):
            return 0.25

    named = TripletEvaluator(LEFT, RIGHT, LEFT[1:] + LEFT[:1], name="dev")
    sequence = SequentialEvaluator([named, Plain()], max)
    got = sequence(model)
    assert sequence.primary_metric == "sequential_score"
    assert list(got) == ["dev_cosine_accuracy", "evaluator_1", "sequential_score"]
    assert got["sequential_score"] == got["dev_cosine_accuracy"]
    assert SequentialEvaluator([named, Plain()])(model)["sequential_score"] == 0.25
    with pytest.warns(
        UserWarning, match="Evaluator 1 replaces dev_cosine_accuracy; give it a name"
    ):
        SequentialEvaluator([named, named])(model)


def test_metrics_go_to_the_model_card(model):
    kept = []
    model.model_card_data = SimpleNamespace(
        set_evaluation_metrics=lambda *given: kept.append(given)
    )
    evaluator = TripletEvaluator(LEFT, RIGHT, LEFT)
    got = evaluator(model, epoch=3, steps=4)
    assert kept == [(evaluator, got, 3, 4)]
    model.model_card_data = None
    assert evaluator(model) == got


def test_thresholds_of_scores_and_of_distances():
    judge = evaluation.BinaryClassificationEvaluator
    scores, labels = [0.9, 0.8, 0.3, 0.2], [1, 1, 0, 1]
    accuracy, threshold = judge.find_best_acc_and_threshold(scores, labels, True)
    assert accuracy == 0.75
    assert 0.3 < threshold < 0.8
    f1, precision, recall, cut = judge.find_best_f1_and_threshold(
        [1 - score for score in scores], labels, False
    )
    assert (f1, precision, recall) == pytest.approx((6 / 7, 3 / 4, 1.0))
    assert cut >= 0.8
    bits = np.array([1, 2, 7, 8], np.uint8)
    assert judge.find_best_acc_and_threshold(bits, labels, False) == (0.75, 4.5)


def test_what_evaluators_cannot_judge(model):
    with pytest.raises(InputError, match="teacher_model"):
        evaluation.MSEEvaluator(["a"], ["b"])
    with pytest.raises(InputError, match="No row"):
        evaluation.MSEEvaluatorFromDataFrame([{"en": "a", "de": ""}], model, [("en", "de")])
    sample = {"query_id": 1, "positive": "a", "documents": ["a"]}
    with pytest.raises(InputError, match="query_id"):
        evaluation.ReciprocalRankFusionEvaluator([sample], [{**sample, "query_id": 2}])
    with pytest.raises(TypeError, match="max_active_dims"):
        evaluation.SparseTripletEvaluator(["a"], ["b"], ["c"], truncate_dim=4)


def test_fused_rankings_are_written(tmp_path):
    sample = {"query_id": 1, "query": "q", "positive": "a", "documents": ["b", "a"]}
    judge = evaluation.ReciprocalRankFusionEvaluator(
        [sample], [{**sample, "documents": ["a", "c"]}], write_predictions=True
    )
    assert judge(str(tmp_path))["mrr@10"] == 1.0
    (line,) = (tmp_path / judge.predictions_file).read_text("utf-8").splitlines()
    assert '["a", "b", "c"]' in line


class FixedTokens:
    """Answers like a MultiVectorEncoder: text "q1" has one token, and so on."""

    similarity_fn_name = "maxsim"

    def encode_query(self, inputs, **_):
        return [np.eye(3, dtype=np.float32)[: int(text[1:])] for text in inputs]

    encode = encode_document = encode_query

    def similarity_pairwise(self, one, other):
        return np.array([len(a) * len(b) for a, b in zip(one, other, strict=True)], np.float32)


def test_scores_of_a_teacher():
    judge = evaluation.MultiVectorDistillationEvaluator
    found = judge(["q1", "q2"], [["d1", "d2"], ["d2", "d3"]], [[1, 2], [4, 6]])(FixedTokens())
    assert found == pytest.approx({"kl_divergence": 0, "spearman": 1}, abs=1e-12)
    nearer = judge(["q1", "q2"], [["d1", "d2"], ["d2", "d3"]], [[2, 1], [4, 6]])(FixedTokens())
    # one query of two has its two probabilities exchanged: KL = (p - q) log(p / q), halved by the mean
    want = (np.e - 1) / (np.e + 1) / 2
    assert nearer == pytest.approx({"kl_divergence": want, "spearman": 0}, rel=1e-6, abs=1e-12)
    flat = judge(["q1", "q2"], ["d2", "d3"], [2, 6])(FixedTokens())
    assert flat == pytest.approx({"kl_divergence": 0, "spearman": 1}, abs=1e-12)
    with pytest.raises(InputError, match="shape"):
        judge(["q1"], ["d1"], [[1.0]])
    with pytest.raises(InputError, match="temperature"):
        judge(["q1", "q2"], ["d1", "d2"], [1, 2], temperature=0)
    with pytest.raises(InputError, match="truncate_dim"):
        evaluation.MultiVectorTripletEvaluator(["q1"], ["d1"], ["d2"], truncate_dim=2)
