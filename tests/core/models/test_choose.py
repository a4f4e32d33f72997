"""A model's name alone says its class; a word of the caller's overrules it."""

from __future__ import annotations

import pytest
from tests.core.pool.conftest import LOADERS
from tests.parity.tower_models import build

import isomorph
from isomorph.errors import InputError, ModelNotFound


@pytest.mark.parametrize("kind", LOADERS, ids=lambda kind: kind.__name__)
def test_a_folder_is_of_its_class(kind):
    with isomorph.load_model(LOADERS[kind], backend="reference") as model:
        assert type(model) is kind


def test_the_callers_word_is_taken_or_refused(tmp_path):
    folder = LOADERS[isomorph.CrossEncoder]
    assert type(isomorph.load_model(folder, model_type="CrossEncoder")) is isomorph.CrossEncoder
    with pytest.raises(InputError, match="MultiVectorEncoder"):
        isomorph.load_model(folder, model_type="Encoder")
    with pytest.raises(ModelNotFound):
        isomorph.load_model(tmp_path / "gone")


def test_what_is_said_to_be_a_text_is_never_opened_as_an_image(tmp_path):
    with isomorph.load_model(build("clip", tmp_path / "clip"), backend="reference") as model:
        path = str(tmp_path / "gone.jpg")
        vectors = model.encode([{"text": path}, {"text": "a text"}])
        assert vectors.shape[0] == 2
        with pytest.raises(InputError, match="no such file"):
            model.encode([path])
