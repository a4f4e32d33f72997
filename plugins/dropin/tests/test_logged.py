"""What programs read in logs and warnings of the constructors, as the real library writes it."""

import importlib
import logging
import shutil

import pytest

from isomorph_dropin.faces import logged

from .conftest import MINILM

LOGGER = "sentence_transformers.base.model"

pytestmark = pytest.mark.usefixtures("tree")


def package():
    return importlib.import_module("sentence_transformers")


def test_the_constructor_logs_what_it_loads(caplog, tmp_path):
    with caplog.at_level(logging.INFO, logger=LOGGER):
        package().SentenceTransformer(str(MINILM))
    assert f"Loading SentenceTransformer model from {MINILM}." in caplog.text
    caplog.clear()
    bare = shutil.copytree(MINILM, tmp_path / "bare")
    (bare / "modules.json").unlink()
    with caplog.at_level(logging.INFO, logger=LOGGER):
        package().SentenceTransformer(str(bare))
    assert f"No modules.json found for {bare}, initializing a new Sentence" in caplog.text


def test_models_of_modules_log_nothing(caplog):
    known = importlib.import_module("sentence_transformers.sentence_transformer.modules")
    with caplog.at_level(logging.INFO, logger=LOGGER):
        package().SentenceTransformer(modules=[known.Transformer(str(MINILM)), known.Pooling(384)])
    assert not [each for each in caplog.records if each.name == LOGGER]


def test_a_method_with_an_old_name_logs_once(caplog):
    logged.log_deprecated.cache_clear()
    model = package().SentenceTransformer(str(MINILM))
    with caplog.at_level(logging.WARNING, logger=LOGGER):
        for _ in range(2):
            model.tokenize(["a"])
    assert [each.getMessage() for each in caplog.records if each.name == LOGGER] == [
        "The `tokenize` method is deprecated, please use `preprocess` instead."
    ]


def test_the_old_name_of_the_token():
    with pytest.warns(FutureWarning, match="use_auth_token is an old name"):
        package().SentenceTransformer(str(MINILM), use_auth_token="a")
    with pytest.raises(ValueError, match="Both `token` and `use_auth_token`"):
        package().SentenceTransformer(str(MINILM), token="a", use_auth_token="b")
    with pytest.raises(ValueError, match="An empty modules list was passed"):
        package().SentenceTransformer(modules=[])


def test_a_modality_of_several_may_be_listed_as_such(monkeypatch):
    model = package().SentenceTransformer(str(MINILM))
    listed = ["text", ("image", "text")]
    monkeypatch.setattr(type(model), "modalities", property(lambda self: listed))
    assert model.supports(("image", "text"))
    assert not model.supports(("audio", "text"))
