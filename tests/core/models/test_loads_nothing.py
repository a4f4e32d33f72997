"""Only a call that computes loads weights; whoever looks at a model, or saves it, does not."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder, parts
from isomorph.card import make_card
from isomorph.plugins.discovery import installed

PARITY = Path(__file__).parents[2] / "parity"
MODELS = {
    SentenceTransformer: PARITY / "models" / "bert-mean",
    SparseEncoder: PARITY / "sparse" / "models" / "splade-max",
    CrossEncoder: PARITY / "cross_encoders" / "models" / "bert-plain",
    MultiVectorEncoder: PARITY / "multi_vector" / "models" / "modern",
}


@pytest.fixture(params=MODELS, ids=lambda kind: kind.__name__)
def unopened(request, backend):
    """A model of each class that has run nothing yet, and still has not when the test is over."""
    model = request.param(MODELS[request.param], backend=backend)
    yield model
    assert not any(pipeline.is_open for pipeline in model.__loaded__().routing)


def test_asking_for_an_attribute_that_is_not_there(unopened):
    assert not hasattr(unopened, "foo")
    assert getattr(unopened, "foo", None) is None
    with pytest.raises(AttributeError, match=r"has no attribute 'foo'; backend .* adds: "):
        _ = unopened.foo


def test_asking_for_anything_that_is_there(unopened):
    for name in dir(unopened):
        if name not in {
            "transformers_model",
            "mteb_model_meta",
        }:  # a live model; a library of its own
            getattr(unopened, name)


def test_asking_what_the_engine_has_no_object_for(unopened):
    if "transformers_model" not in unopened.__loaded__().backend.attributes:
        assert unopened.transformers_model is None


def test_printing_and_explaining(unopened):
    assert repr(unopened)
    assert str(unopened.explain())
    assert repr(unopened[0])


def test_saving_where_the_backend_writes_no_artifact(unopened, tmp_path):
    if not unopened.__loaded__().backend.artifacts:
        unopened.save_pretrained(tmp_path / "saved")


def test_cards_copies_and_parts(unopened):
    assert make_card(unopened)
    assert len(parts.of(unopened)) == len(unopened)
    for other in (
        copy.copy(unopened),
        copy.deepcopy(unopened),
        pickle.loads(pickle.dumps(unopened)),
    ):
        assert not other.__loaded__().pipeline.is_open


def test_every_object_of_the_engine_is_found_by_its_name(backend):
    model = SentenceTransformer(MODELS[SentenceTransformer], backend=backend)
    for name in installed().info(backend).attributes:
        assert getattr(model, name) is not None, name
