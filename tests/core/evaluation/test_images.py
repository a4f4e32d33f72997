"""Evaluators and searches of models whose texts and images lie in one space."""

import numpy as np
import pytest
from tests.parity.tower_models import TEXTS, build, pictures

from isomorph import SentenceTransformer
from isomorph.evaluation import (
    EmbeddingSimilarityEvaluator,
    InformationRetrievalEvaluator,
    RerankingEvaluator,
    TripletEvaluator,
)
from isomorph.util import semantic_search

IMAGES = pictures()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return SentenceTransformer(build("clip", tmp_path_factory.mktemp("clip")), backend="reference")


@pytest.fixture(scope="module")
def scores(model):
    """(texts, images): cosines."""
    return np.asarray(model.similarity(model.encode(TEXTS), model.encode(IMAGES)))


def test_texts_search_among_images(model, scores):
    hits = semantic_search(model.encode(TEXTS), model.encode(IMAGES), top_k=2)
    assert [[hit["corpus_id"] for hit in found] for found in hits] == np.argsort(-scores, 1)[
        :, :2
    ].tolist()


def test_evaluators_take_texts_on_one_side_and_images_on_the_other(model, scores):
    queries = {str(place): text for place, text in enumerate(TEXTS)}
    corpus = {str(place): image for place, image in enumerate(IMAGES)}
    best = {str(place): {str(row.argmax())} for place, row in enumerate(scores)}
    found = InformationRetrievalEvaluator(queries, corpus, best)(model)
    assert found["cosine_accuracy@1"] == 1.0
    worst = {str(place): {str(row.argmin())} for place, row in enumerate(scores)}
    assert InformationRetrievalEvaluator(queries, corpus, worst)(model)["cosine_accuracy@1"] == 0.0
    paired = EmbeddingSimilarityEvaluator(TEXTS, IMAGES, np.diag(scores).tolist())(model)
    assert paired["spearman_cosine"] == pytest.approx(1.0)
    near, far = ([IMAGES[i] for i in pick(scores, 1)] for pick in (np.argmax, np.argmin))
    assert TripletEvaluator(TEXTS, near, far)(model)["cosine_accuracy"] == 1.0
    sample = {"query": TEXTS[0], "positive": [near[0]], "negative": [far[0]]}
    assert RerankingEvaluator([sample])(model)["map"] == 1.0
