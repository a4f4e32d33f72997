"""A chat template among ``processor_kwargs`` acts as one that lies in the folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.errors import InputError, Unsupported

MODELS = Path(__file__).parents[2] / "parity"
PAIRS = [["a sea", "the ocean"], ["what?", "wide " * 40]]
ECHO = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"
STRUCTURED = "{% for m in messages %}{{ m.role + ': ' + m.content[0].text + '\n' }}{% endfor %}"
ONE_ROLE = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"


@pytest.fixture
def reranker(tmp_path):
    source = MODELS / "cross_encoders" / "models" / "bert-plain"
    return Path(shutil.copytree(source, tmp_path / "model"))


@pytest.mark.parametrize("template", [ECHO, STRUCTURED])
def test_the_argument_is_as_good_as_a_file(reranker, tmp_path, template):
    with CrossEncoder(reranker, backend="reference") as plain:
        without = plain.predict(PAIRS)
    given = {"chat_template": template}
    with CrossEncoder(reranker, backend="reference", processor_kwargs=given) as model:
        scores = model.predict(PAIRS)
        assert model.modalities == ["text", "message"]
        model.save_pretrained(tmp_path / "saved")
    assert np.abs(scores - without).max() > 1e-3
    (reranker / "chat_template.jinja").write_text(template, "utf-8")
    for folder in (reranker, tmp_path / "saved"):
        with CrossEncoder(folder, backend="reference") as model:
            np.testing.assert_array_equal(model.predict(PAIRS), scores)


def test_the_argument_comes_before_a_template_of_the_files(reranker, tmp_path):
    (reranker / "chat_template.jinja").write_text(ECHO, "utf-8")
    with CrossEncoder(reranker, backend="reference") as model:
        by_file = model.predict(PAIRS)
    other = {"chat_template": ECHO.replace(": ", " says: ")}
    with CrossEncoder(reranker, backend="reference", processor_kwargs=other) as model:
        scores = model.predict(PAIRS)
        model.save_pretrained(tmp_path / "saved")
    assert np.abs(scores - by_file).max() > 1e-4
    with CrossEncoder(tmp_path / "saved", backend="reference") as model:
        np.testing.assert_array_equal(model.predict(PAIRS), scores)


def test_a_template_that_drops_a_role_is_refused(reranker):
    given = {"chat_template": ONE_ROLE}
    with (
        CrossEncoder(reranker, backend="reference", processor_kwargs=given) as model,
        pytest.raises(Unsupported, match="chat_template of processor_kwargs cannot carry a pair"),
    ):
        model.predict(PAIRS)


def test_it_is_refused_where_it_has_no_say(folder, edit, tmp_path):
    given = {"backend": "reference", "processor_kwargs": {"chat_template": ECHO}}
    edit("sentence_bert_config.json", modality_config={"text": {}})
    with pytest.raises(InputError, match="no say over this model: its modality_config"):
        SentenceTransformer(folder, **given)
    settings = folder / "sentence_bert_config.json"
    settings.write_text(json.dumps({"query_expansion": {"length": 8}}), "utf-8")
    with pytest.raises(InputError, match="its query_expansion fills queries up"):
        SentenceTransformer(folder, **given)
    static = Path(shutil.copytree(MODELS / "models" / "static", tmp_path / "static"))
    assert json.loads((static / "modules.json").read_text("utf-8"))
    with pytest.raises(InputError, match="chat_template"):
        SentenceTransformer(static, **given)
    with pytest.raises(InputError, match="chat_template must be a text"):
        SentenceTransformer(folder, backend="reference", processor_kwargs={"chat_template": 3})
