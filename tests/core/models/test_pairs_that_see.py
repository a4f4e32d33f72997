"""Pairs of a reranker that takes images: forms that they have, and what is said of those that are none."""

from __future__ import annotations

import numpy as np
import pytest
from tests.parity.mingled_models import TEXTS, build, pictures

from isomorph import CrossEncoder
from isomorph.errors import BadInputWarning, InputError

IMAGES = pictures()
QUERY, DOCUMENT = TEXTS


def whole(*parts):
    """One pair as a row of an array of objects."""
    row = np.empty(len(parts), object)
    row[:] = parts
    return row


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return CrossEncoder(build("reranker", tmp_path_factory.mktemp("pairs")), backend="reference")


def test_rows_of_arrays_are_pairs(model):
    texts, image = model.predict([(QUERY, DOCUMENT), (QUERY, IMAGES[0])])
    assert model.predict(np.array([QUERY, DOCUMENT])) == pytest.approx(texts, abs=1e-5)
    assert model.predict(whole(QUERY, IMAGES[0])) == pytest.approx(image, abs=1e-5)
    rows = [np.array([QUERY, DOCUMENT]), whole(QUERY, DOCUMENT), whole(QUERY, IMAGES[0])]
    np.testing.assert_allclose(model.predict(rows), [texts, texts, image], atol=1e-5)
    with pytest.warns(BadInputWarning):
        scores = model.predict([rows[0], whole(QUERY, None)], on_bad_input="nan")
    assert scores[0] == pytest.approx(texts, abs=1e-5)
    assert np.isnan(scores[1])


def test_images_of_one_array_are_documents_of_a_query(model):
    shown = np.stack([IMAGES[0], IMAGES[0][::-1]])
    wanted = model.rank(QUERY, list(shown), return_documents=True)
    found = model.rank(QUERY, shown, return_documents=True)
    assert [each["corpus_id"] for each in found] == [each["corpus_id"] for each in wanted]
    assert all(each["text"].shape == IMAGES[0].shape for each in found)
    many = model.rank_many([QUERY, IMAGES[1]], [shown, [DOCUMENT]])
    assert [len(each) for each in many] == [2, 1]


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (None, r"holds NoneType \(None\), which is no text, no image and no video\. Drop it"),
        (7, r"holds int \(7\), which is no text"),
        ({}, "is an empty dictionary"),
        ({"picture": IMAGES[0]}, "holds 'picture'; this model takes texts and images"),
        (np.zeros(80, np.float32), "holds 'audio'; this model takes texts and images"),
        ([IMAGES[0]] * 3, r"holds a list of images\. The frames of a video are \{'video': \[…\]\}"),
        ([], r"holds list \(\[\]\), which is no text"),
        ({"role": "user", "content": DOCUMENT}, "is a pair with a message in it"),
        (
            [{"role": "user", "content": DOCUMENT}],
            ".*two messages whose roles are 'query' and 'doc",
        ),
    ],
)
def test_the_part_of_a_pair_that_cannot_be_used_is_named(model, part, why):
    for pair in ((QUERY, part), (part, IMAGES[0])):
        with pytest.raises(InputError, match=f"^Input 1 {why}"):
            model.predict([(QUERY, DOCUMENT), pair])
