from __future__ import annotations

import pytest

import isomorph
from isomorph import BaseModelCardData, SentenceTransformerModelCardData, SparseEncoderModelCardData
from isomorph.errors import InputError


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("train_datasets", [{"split": "train"}], "has no name"),
        ("train_datasets", ["snli"], "has no name"),
        ("train_datasets", "snli", "give a list"),
        ("train_datasets", {"name": "snli"}, "give a list"),
        ("eval_datasets", [{"name": "ok"}, {}], r"eval_datasets\[1\]"),
        ("eval_datasets", [{"name": "ok", "size": 3}], "both must be texts"),
        ("language", 3, "a text or a list of texts"),
        ("language", ["en", None], "a text or a list of texts"),
        ("tags", {"a", "b"}, "a text or a list of texts"),
        ("license", ["mit"], "a text or None"),
        ("model_name", 1, "a text or None"),
        ("model_id", b"a/b", "a text or None"),
        ("task_name", False, "a text or None"),
        ("local_files_only", "yes", "True or False"),
        ("generate_widget_examples", None, "True or False"),
    ],
)
def test_bad_values_are_refused(field, value, words):
    with pytest.raises(InputError, match=f"{field}.*{words}|{words}"):
        BaseModelCardData(**{field: value})


def test_values_take_one_form():
    data = BaseModelCardData("en", tags="a", train_datasets=[{"id": "owner/set"}, {"name": "own"}])
    assert data.language == ["en"]
    assert data.tags == ["a"]
    assert data.train_datasets == [{"name": "owner/set", "id": "owner/set"}, {"name": "own"}]
    empty = BaseModelCardData(None, tags=None, train_datasets=None, eval_datasets=None)
    assert empty == BaseModelCardData()
    assert (empty.language, empty.tags, empty.eval_datasets) == ([], [], [])


@pytest.mark.parametrize("name", ["name", "a/b/c", "/b", "a/", "a b/c"])
def test_another_form_of_id_is_dropped(name):
    with pytest.warns(UserWarning, match="OWNER/NAME"):
        assert BaseModelCardData(model_id=name).model_id is None


def test_objects_share_nothing():
    first, second = SparseEncoderModelCardData(), SparseEncoderModelCardData()
    first.train_datasets.append({"name": "x"})
    first.add_tags(["mine", "sparse"])
    assert second == SparseEncoderModelCardData()
    assert first.tags == [*SparseEncoderModelCardData.default_tags, "mine"]
    first.add_tags("mine")
    assert first.tags.count("mine") == 1


def test_what_was_given():
    assert SentenceTransformerModelCardData().given() == set()
    data = SentenceTransformerModelCardData(license="mit", tags=["a"], language=[])
    assert data.given() == {"license", "tags"}
    data.set_evaluation_metrics(object(), {"accuracy": 1})
    assert data.given() == {"license", "tags"}


NAMES = ["BaseModel", "SentenceTransformer", "SparseEncoder", "CrossEncoder", "MultiVectorEncoder"]


@pytest.mark.parametrize("name", NAMES)
def test_each_class_of_models_has_its_own(name):
    kind = getattr(isomorph, f"{name.removesuffix('Model')}ModelCardData", BaseModelCardData)
    assert getattr(isomorph, name).model_card_data_class is kind
    assert kind.class_name == name
