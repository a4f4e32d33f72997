"""Texts go through a chat template exactly where the folder says so, and past it where it does not."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.parity.mingled_models import build

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, installed
from isomorph.errors import BadModel, TruncationWarning, Unsupported
from isomorph.parts import Pooling, Transformer
from isomorph.plugins.reading import read_model
from isomorph.preprocess.messages.encoder import MessageEncoder

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


OF_TOKENIZERS = [name for name in PLACES if "tokenizer" in name or "jinja" in name]
OF_PROCESSORS = [
    name for name in PLACES if name not in (*OF_TOKENIZERS, "additional_chat_templates/")
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("place", OF_TOKENIZERS)
def test_a_classifier_without_modules_json_renders_every_pair(classifier, place, backend):
    plain = CrossEncoder(classifier, backend=backend).preprocess([("a", "sea")])["input_ids"]
    PLACES[place](classifier)
    rendered = CrossEncoder(classifier, backend=backend).preprocess([("a", "sea")])["input_ids"]
    assert rendered.tolist() != plain.tolist()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("place", OF_PROCESSORS)
def test_the_template_of_a_processor_is_refused(classifier, place, backend):
    PLACES[place](classifier)
    with pytest.raises(Unsupported, match="the template of a processor") as told:
        CrossEncoder(classifier, backend=backend)
    assert f"({place})" in str(told.value)


@pytest.mark.parametrize("backend", BACKENDS)
def test_several_templates_and_no_default_one(classifier, backend):
    PLACES["additional_chat_templates/"](classifier)
    with pytest.raises(BadModel, match="tool_use, and no default one"):
        CrossEncoder(classifier, backend=backend)


@pytest.mark.parametrize("template", ["", [{"name": "default", "template": "always the same"}]])
def test_a_template_that_drops_the_texts_of_a_pair_is_refused(classifier, template):
    in_config(classifier, chat_template=template)
    with pytest.raises(Unsupported, match="the text of query and document does not reach"):
        CrossEncoder(classifier).predict(("a", "sea"))
    in_config(classifier, chat_template=None)
    CrossEncoder(classifier).predict(("a", "sea"))


@pytest.mark.parametrize("template", [1, [1], [{"name": "default"}], {"default": TEMPLATE}])
def test_a_value_that_is_no_template(classifier, template):
    in_config(classifier, chat_template=template)
    with pytest.raises(BadModel, match="chat_template"):
        CrossEncoder(classifier)


def test_a_file_that_only_processors_read_is_not_read_by_a_tokenizer(classifier):
    written(classifier, "chat_template.json", {"chat_template": TEMPLATE})
    CrossEncoder(classifier)


def test_an_encoder_without_modules_json(tmp_path):
    folder = copied(PARITY / "models" / "bert-mean", tmp_path, listed=False)
    shutil.rmtree(folder / "1_Pooling")
    plain = SentenceTransformer(folder, pooling="mean").preprocess(["a sea"])["input_ids"]
    written(folder, "chat_template.jinja", TEMPLATE)
    for model in (
        SentenceTransformer(folder, pooling="mean"),
        SentenceTransformer(modules=[Transformer(folder), Pooling(32)]),
    ):
        assert model.preprocess(["a sea"])["input_ids"].tolist() != plain.tolist()


def test_folders_by_number_with_a_template_are_refused(tmp_path):
    folder = copied(PARITY / "models" / "bert-mean", tmp_path, listed=False)
    written(folder, "chat_template.jinja", TEMPLATE)
    with pytest.raises(Unsupported, match="every text through a chat template"):
        SentenceTransformer(folder)


def test_a_listed_model_whose_tokenizer_has_one_runs(encoder):
    written(encoder, "chat_template.jinja", TEMPLATE)
    in_config(encoder, chat_template=TEMPLATE)
    assert SentenceTransformer(encoder).encode("a sea").shape == (32,)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_listed_model_of_messages_renders(encoder, backend):
    entry = {"method": "forward", "method_output_name": "last_hidden_state"}
    settings = {"modality_config": {"text": entry, "message": {**entry, "format": "flat"}}}
    written(encoder, "sentence_bert_config.json", settings)
    with pytest.raises(BadModel, match=r"its files hold none.* hf download"):
        SentenceTransformer(encoder, backend=backend)
    written(encoder, "chat_template.jinja", "{{ messages[0].content }} of the sea")
    assert SentenceTransformer(encoder, backend=backend).encode("a sea").shape == (32,)


def test_expansion_of_queries_and_messages_exclude_each_other(encoder):
    written(encoder, "chat_template.jinja", TEMPLATE)
    entry = {"method": "forward", "method_output_name": "last_hidden_state"}
    expansion = {"strategy": "fixed", "length": 8}
    settings = {"modality_config": {"text": entry, "message": entry}, "query_expansion": expansion}
    written(encoder, "sentence_bert_config.json", settings)
    with pytest.raises(Unsupported, match="query_expansion cannot go with a chat template"):
        SentenceTransformer(encoder)


def test_without_jinja2_the_error_names_the_extra(classifier, monkeypatch):
    written(classifier, "chat_template.jinja", TEMPLATE)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(Unsupported, match=r"core\[messages\]"):
        CrossEncoder(classifier).predict(("a", "sea"))


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


def test_the_tail_of_a_template_is_found_once_for_all_calls(classifier, monkeypatch):
    written(classifier, "chat_template.jinja", TEMPLATE)
    found, finds = [], MessageEncoder._found_tail

    def counted(self, messages):
        found.append(messages)
        return finds(self, messages)

    monkeypatch.setattr(MessageEncoder, "_found_tail", counted)
    model = CrossEncoder(classifier)
    pair = ("a " * 600, "sea")
    with pytest.warns(TruncationWarning):
        first = model.predict(pair)
    with pytest.warns(TruncationWarning):
        assert np.array_equal(model.predict(pair), first)
    assert len(found) == 1


SAID = {
    "jinja": "{% for m in messages %}jinja {{ m.content[0].text }}{% endfor %}",
    "json": "{% for m in messages %}json {{ m.content[0].text }}{% endfor %}",
    "tokenizer": "{% for m in messages %}tokenizer {{ m.content[0].text }}{% endfor %}",
    "processor": "{% for m in messages %}processor {{ m.content[0].text }}{% endfor %}",
}


def seeing(folder, *places, listed=True):
    """A model that takes images, with a template of its own words in each of these places."""
    build("qwen3_vl", folder)
    (folder / "chat_template.jinja").unlink()
    if not listed:
        (folder / "modules.json").unlink()
        (folder / "sentence_bert_config.json").unlink()
        shutil.rmtree(folder / "1_Pooling")
    for place in places:
        if place == "jinja":
            written(folder, "chat_template.jinja", SAID[place])
        elif place == "json":
            written(folder, "chat_template.json", {"chat_template": SAID[place]})
        else:
            file = folder / f"{place}_config.json"
            own = {**json.loads(file.read_text("utf-8")), "chat_template": SAID[place]}
            written(folder, file.name, own)
    return folder


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("places", "counts"),
    [
        (("json",), "json"),
        (("processor",), "processor"),
        (("json", "jinja"), "json"),
        (("json", "tokenizer"), "json"),
        (("processor", "json", "jinja", "tokenizer"), "processor"),
        (("jinja", "tokenizer"), "jinja"),
    ],
)
def test_a_model_that_sees_has_the_template_that_a_processor_finds(
    places, counts, listed, tmp_path
):
    folder = seeing(tmp_path, *places, listed=listed)
    model = SentenceTransformer(folder, backend="reference", pooling="mean")
    ids = model.preprocess(["a sea"])["input_ids"][0]
    assert model.tokenizer.decode(ids) == f"{counts} a sea"


def test_a_template_of_a_tokenizer_alone_makes_nobody_speak_who_lists_nothing(tmp_path):
    folder = seeing(tmp_path, "tokenizer", listed=False)
    model = SentenceTransformer(folder, backend="reference", pooling="mean")
    assert model.tokenizer.decode(model.preprocess(["a sea"])["input_ids"][0]) == "a sea"


def test_an_old_file_of_a_template_beside_newer_ones_is_refused(tmp_path):
    folder = seeing(tmp_path, "json")
    written(folder, "additional_chat_templates/tool_use.jinja", TEMPLATE)
    with pytest.raises(BadModel, match=r"chat_template\.json and in additional_chat_templates/"):
        SentenceTransformer(folder, backend="reference")


def test_a_processor_whose_template_is_no_text_is_refused(tmp_path):
    folder = seeing(tmp_path)
    written(folder, "chat_template.json", {"chat_template": 1})
    with pytest.raises(BadModel, match=r"chat_template in chat_template\.json is 1, and no text"):
        SentenceTransformer(folder, backend="reference")


@pytest.mark.parametrize("place", ["json", "processor"])
def test_a_given_template_is_saved_in_place_of_that_of_a_processor(place, tmp_path):
    folder = seeing(tmp_path / "model", place)
    asked = {"chat_template": "{% for m in messages %}mine {{ m.content[0].text }}{% endfor %}"}
    SentenceTransformer(folder, backend="reference", processor_kwargs=asked).save_pretrained(
        tmp_path / "saved"
    )
    model = SentenceTransformer(tmp_path / "saved", backend="reference")
    assert model.tokenizer.decode(model.preprocess(["a sea"])["input_ids"][0]) == "mine a sea"
