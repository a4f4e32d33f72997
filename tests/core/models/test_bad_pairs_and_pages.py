"""Calls with ``on_bad_input="nan"`` of models that score pairs, and of those with a vector a token."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.parity.mingled_models import TEXTS, build, pictures
from tests.parity.page_models import build as build_pages

from isomorph import CrossEncoder, DynamicBatcher, MultiVectorEncoder
from isomorph.errors import BadInputWarning, InputError

IMAGES = pictures()
PARITY = Path(__file__).parents[2] / "parity"
TEXTS_ALONE = PARITY / "cross_encoders" / "models" / "bert-typed"
PAIRS = [
    (TEXTS[0], IMAGES[0]), (TEXTS[0], TEXTS[1]), (TEXTS[0], b"no image"), (TEXTS[0], None),
    (IMAGES[1], IMAGES[0]), (TEXTS[0], {"text": TEXTS[1], "image": IMAGES[2]}), (TEXTS[0], {"sound": 1}),
    ({"image": "gone.jpg"}, TEXTS[0]), [TEXTS[1], IMAGES[1]], (IMAGES[0],) * 3,
]  # fmt: skip
BAD = [2, 3, 6, 7, 9]


@pytest.fixture(scope="module")
def reranker(tmp_path_factory):
    return CrossEncoder(build("reranker", tmp_path_factory.mktemp("pairs")), backend="reference")


def test_a_bad_pair_is_a_score_of_nan_with_a_reason(reranker):
    with pytest.warns(BadInputWarning, match="5 of 10 inputs .* input 2, is no image"):
        scores, report = reranker.predict(PAIRS, on_bad_input="nan", return_report=True)
    assert np.flatnonzero(np.isnan(scores)).tolist() == BAD
    assert [place for place, _ in report.bad_inputs] == BAD
    assert "gone.jpg" in dict(report.bad_inputs)[7]
    for place in set(range(len(PAIRS))) - set(BAD):
        np.testing.assert_allclose(scores[place], reranker.predict([PAIRS[place]])[0], atol=1e-5)
    with pytest.raises(InputError, match=r"^Input 3 holds NoneType \(None\), which is no text"):
        reranker.predict(PAIRS)


def test_pairs_that_say_the_same_have_one_score(reranker):
    first, second = IMAGES[:2]
    same = [
        [(TEXTS[0], first), [TEXTS[0], first], ({"text": TEXTS[0]}, {"image": first})],
        [(first, second), ({"image": first}, second), [first, {"image": second}]],
        [(TEXTS[0], TEXTS[1]), ({"text": TEXTS[0]}, TEXTS[1])],
        [(TEXTS[0], {"text": TEXTS[1], "image": first})],
        [({"image": first, "text": TEXTS[0]}, {"image": second, "text": TEXTS[1]})],
    ]
    scores = reranker.predict([pair for pairs in same for pair in pairs])
    groups = np.split(scores, np.cumsum([len(pairs) for pairs in same])[:-1])
    assert all(np.ptp(group) < 1e-5 for group in groups)
    firsts = sorted(group[0] for group in groups)
    assert np.diff(firsts).min() > 1e-4


def test_bad_documents_come_last(reranker):
    documents = [IMAGES[0], b"no image", TEXTS[1], {"sound": 1}]
    with pytest.warns(BadInputWarning, match="2 of 4"):
        ranked = reranker.rank(TEXTS[0], documents, on_bad_input="nan")
    assert [row["corpus_id"] for row in ranked[2:]] == [1, 3]
    assert all(np.isnan(row["score"]) for row in ranked[2:])
    assert all(np.isfinite(row["score"]) for row in ranked[:2])


def test_a_single_pair_and_pairs_of_texts_are_treated_alike(reranker):
    with pytest.warns(BadInputWarning, match="1 of 1"):
        assert np.isnan(reranker.predict((TEXTS[0], b"no image"), on_bad_input="nan"))
    texts = CrossEncoder(TEXTS_ALONE, backend="reference")
    given = [("a", "b"), ("a", None), "alone", ("half \ud800", "b"), ("b", "a")]
    with pytest.warns(BadInputWarning, match="3 of 5"):
        scores = texts.predict(given, on_bad_input="nan")
    assert np.flatnonzero(np.isnan(scores)).tolist() == [1, 2, 3]
    np.testing.assert_allclose(scores[[0, 4]], texts.predict([("a", "b"), ("b", "a")]), atol=1e-5)


PAGES = [IMAGES[0], b"no image", IMAGES[1], {"text": "a", "image": IMAGES[0]}, "gone.png"]


@pytest.fixture(scope="module", params=["colqwen2", "colpali"])
def pages(request, tmp_path_factory):
    made = build if request.param == "colqwen2" else build_pages
    folder = made(request.param, tmp_path_factory.mktemp("pages"))
    return MultiVectorEncoder(folder, backend="reference")


def judge(found, wanted):
    bad = [place for place, each in enumerate(found) if np.isnan(each).any()]
    assert bad == [1, 3, 4]
    assert {found[place].shape for place in bad} == {(1, wanted[0].shape[1])}
    for place, own in ((0, wanted[0]), (2, wanted[1])):
        np.testing.assert_allclose(found[place], own, atol=1e-5)


def test_a_bad_page_is_one_vector_of_nan(pages):
    wanted = pages.encode_document([IMAGES[0], IMAGES[1]])
    with pytest.warns(BadInputWarning, match="3 of 5") as told:
        found = pages.encode_document(PAGES, on_bad_input="nan")
    assert len(told) == 1
    judge(found, wanted)
    scores = pages.similarity(pages.encode_query([TEXTS[0]]), found)
    assert np.isnan(np.asarray(scores)[0]).tolist() == [False, True, False, True, True]
    with pytest.warns(BadInputWarning, match="1 of 1"):
        assert np.isnan(pages.encode_document(b"no image", on_bad_input="nan")).shape[0] == 1


def test_calls_that_share_forwards_say_the_same(pages):
    wanted = pages.encode_document([IMAGES[0], IMAGES[1]])
    with DynamicBatcher() as batcher, pytest.warns(BadInputWarning, match="3 of 5"):
        judge(pages.encode_document(PAGES, on_bad_input="nan", pool=batcher), wanted)
