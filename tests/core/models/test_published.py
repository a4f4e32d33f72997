"""Published models that are used otherwise than their files say: by name, and told."""

from __future__ import annotations

import pickle
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.models import source

MODEL = Path(__file__).parents[2] / "parity" / "models" / "bert-mean"
STATIC = Path(__file__).parents[2] / "parity" / "models" / "static"
TEXT, PROMPT = "the river carries small stones", "a sea where "


@pytest.fixture
def named(monkeypatch):
    """Loads a recorded model under any name."""

    def load(name, folder=MODEL):
        with monkeypatch.context() as patched:
            patched.setattr(source, "resolve", lambda name, request: folder)
            return SentenceTransformer(name, backend="reference")

    return load


@pytest.fixture(scope="module")
def without_prompt():
    model = SentenceTransformer(MODEL, backend="reference")
    model.set_pooling_include_prompt(False)
    return model.encode(TEXT, prompt=PROMPT)


@pytest.mark.parametrize("size", ["base", "large", "xl"])
def test_instructor_models_leave_the_instruction_out_and_say_so(
    size, named, without_prompt, tmp_path
):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = named(f"hkunlp/instructor-{size}")
    np.testing.assert_array_equal(model.encode(TEXT, prompt=PROMPT), without_prompt)
    assert f"hkunlp/instructor-{size}: its pooling leaves the prompt out" in str(model.explain())
    model.save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    for other in (pickle.loads(pickle.dumps(model)), again):
        np.testing.assert_array_equal(other.encode(TEXT, prompt=PROMPT), without_prompt)
    assert not again.explain().notes


@pytest.mark.parametrize("name", ["somebody/Instructor-large-tuned", "HKUNLP/instructor-base"])
def test_what_is_called_alike_is_used_as_its_files_say_with_a_warning(name, named, without_prompt):
    with pytest.warns(UserWarning, match=r"called like an instructor model.*include_prompt"):
        model = named(name)
    assert not np.allclose(model.encode(TEXT, prompt=PROMPT), without_prompt)


def test_a_model_that_says_it_itself_needs_no_word(named, without_prompt, tmp_path):
    model = SentenceTransformer(MODEL, backend="reference")
    model.set_pooling_include_prompt(False)
    model.save_pretrained(tmp_path / "saved")
    found = named("somebody/instructor", tmp_path / "saved")
    np.testing.assert_array_equal(found.encode(TEXT, prompt=PROMPT), without_prompt)
    assert not named("hkunlp/instructor-xl", tmp_path / "saved").explain().notes


@pytest.mark.parametrize("name", ["somebody/model", "instructor/model", "a/b/instructor-large"])
def test_other_names_mean_nothing(name, named):
    assert not named(name).explain().notes


def test_a_folder_of_that_name_elsewhere_is_read_as_it_is(tmp_path, without_prompt):
    folder = shutil.copytree(MODEL, tmp_path / "instructor-base")
    model = SentenceTransformer(folder, backend="reference")
    assert not np.allclose(model.encode(TEXT, prompt=PROMPT), without_prompt)


def test_a_model_without_pooling_is_left_alone(named):
    assert not named("hkunlp/instructor-base", STATIC).explain().notes
