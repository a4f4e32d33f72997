"""A chat template is refused exactly where texts would go through it, and passed over where they do not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, installed
from isomorph.errors import BadModel, Unsupported
from isomorph.parts import Transformer
from isomorph.plugins.reading import read_model
from isomorph.read.plain import read_splade

PARITY = Path(__file__).parents[2] / "parity"
BACKENDS = [None, *(info.name for info in installed().infos)]
TEMPLATE = "{% for m in messages %}{{ m.role }} {{ m.content[0].text }} {% endfor %}"
LISTED = ("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json")


def written(folder, name, content):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


def in_config(folder, **more):
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **more}))


def copied(source, tmp_path, listed):
    folder = Path(shutil.copytree(source, tmp_path / "model"))
    for name in () if listed else LISTED:
        (folder / name).unlink(missing_ok=True)
    return folder


@pytest.fixture
def classifier(tmp_path):
    return copied(PARITY / "cross_encoders" / "models" / "bert-typed", tmp_path, listed=False)


@pytest.fixture
def encoder(tmp_path):
    return copied(PARITY / "models" / "bert-mean", tmp_path, listed=True)


PLACES = {
    "chat_template.jinja": lambda f: written(f, "chat_template.jinja", TEMPLATE),
    "additional_chat_templates/": lambda f: written(
        f, "additional_chat_templates/tool_use.jinja", TEMPLATE
    ),
    "chat_template in tokenizer_config.json": lambda f: in_config(f, chat_template=TEMPLATE),
    "chat_template.json": lambda f: (
        written(f, "chat_template.json", {"chat_template": TEMPLATE}),
        in_config(f, processor_class="SomeProcessor"),
    ),
    "chat_template in processor_config.json": lambda f: written(
        f, "processor_config.json", {"chat_template": TEMPLATE, "processor_class": "SomeProcessor"}
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("place", PLACES)
def test_a_classifier_without_modules_json_renders_every_pair(classifier, place, backend):
    PLACES[place](classifier)
    with pytest.raises(Unsupported, match="every pair through a chat template") as told:
        CrossEncoder(classifier, backend=backend)
    assert f"({place})" in str(told.value)


@pytest.mark.parametrize("template", ["", [], [{"name": "default", "template": TEMPLATE}]])
def test_any_value_is_a_template_but_null(classifier, template):
    in_config(classifier, chat_template=template)
    with pytest.raises(Unsupported, match="chat template"):
        CrossEncoder(classifier)
    in_config(classifier, chat_template=None)
    CrossEncoder(classifier)


def test_a_file_that_only_processors_read_is_not_read_by_a_tokenizer(classifier):
    written(classifier, "chat_template.json", {"chat_template": TEMPLATE})
    CrossEncoder(classifier)


def test_an_encoder_without_modules_json(tmp_path):
    folder = copied(PARITY / "models" / "bert-mean", tmp_path, listed=False)
    written(folder, "chat_template.jinja", TEMPLATE)
    with pytest.raises(Unsupported, match="every text through a chat template"):
        SentenceTransformer(folder, pooling="mean")
    with pytest.raises(Unsupported, match="every text through a chat template"):
        SentenceTransformer(modules=[Transformer(folder)])
    with pytest.raises(Unsupported, match="every text through a chat template"):
        read_splade(folder)


def test_a_listed_model_whose_tokenizer_has_one_runs(encoder):
    written(encoder, "chat_template.jinja", TEMPLATE)
    in_config(encoder, chat_template=TEMPLATE)
    assert SentenceTransformer(encoder).encode("a sea").shape == (32,)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_listed_model_of_messages_renders(encoder, backend):
    entry = {"method": "forward", "method_output_name": "last_hidden_state"}
    settings = {"modality_config": {"text": entry, "message": {**entry, "format": "flat"}}}
    written(encoder, "sentence_bert_config.json", settings)
    with pytest.raises(Unsupported, match="which its files do not hold"):
        SentenceTransformer(encoder, backend=backend)
    written(encoder, "chat_template.jinja", TEMPLATE)
    with pytest.raises(Unsupported, match=r"\(chat_template\.jinja\), since its modality_config"):
        SentenceTransformer(encoder, backend=backend)


@pytest.mark.parametrize("modalities", [{}, {"image": {}}])
def test_a_listed_model_that_takes_no_texts(encoder, modalities):
    written(encoder, "sentence_bert_config.json", {"modality_config": modalities})
    with pytest.raises(Unsupported, match="and no texts, says its modality_config"):
        read_model(encoder)


@pytest.mark.parametrize("modalities", [None, [], {"text": None}, {"text": "forward"}])
def test_modalities_that_are_none(encoder, modalities):
    written(encoder, "sentence_bert_config.json", {"modality_config": modalities})
    with pytest.raises(BadModel, match="modality_config"):
        read_model(encoder)


def test_a_folder_of_stanfords_colbert(tmp_path):
    folder = copied(PARITY / "models" / "bert-mean", tmp_path, listed=False)
    config = json.loads((folder / "config.json").read_text())
    written(folder, "config.json", {**config, "architectures": ["HF_ColBERT"]})
    written(folder, "chat_template.jinja", TEMPLATE)
    with pytest.raises(Unsupported, match="chat template"):
        MultiVectorEncoder(folder)
