from __future__ import annotations

import ast
import contextlib
import re

import pytest
from huggingface_hub import ModelCard
from tests.parity.tower_models import build

from isomorph import (
    BaseModelCardData,
    SentenceTransformer,
    SentenceTransformerModelCardData,
)
from isomorph.card import make_card, write_card
from isomorph.errors import BadModel, InputError
from isomorph.evaluation import SequentialEvaluator, TripletEvaluator
from isomorph.testing.tiny_messages import messages, write_messages
from isomorph.testing.tiny_sounds import sounds, write_sounds

KINDS = ["sentence", "prompted", "sparse", "routed", "auto", "cross", "labels", "multi"]
OF_A_USER = """---
license: mit
tags:
- theirs
model-index: keep me as I am
---
# Ours

Written by hand.

    model = SentenceTransformer("sentence_transformers_model_id")
"""


def snippets(card):
    return re.findall(r"```python\n(.*?)```", card, re.DOTALL)


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_needs_no_network_and_no_forward(load, kind, still, tmp_path):
    model = load(kind)
    file = write_card(model, tmp_path, "A title", ["owner/set", "own set"])
    assert file == tmp_path / "README.md"
    assert list(tmp_path.iterdir()) == [file]
    text = file.read_text("utf-8")
    assert text == make_card(model, "A title", ["owner/set", "own set"])
    assert "\n# A title\n" in text
    assert "\n- `owner/set`\n- own set\n" in text
    assert ModelCard(text).data.datasets == ["owner/set"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_of_a_card_is_code_that_runs(load, kind):
    """Both libraries are shown the same calls; ours are run here."""
    model = load(kind)
    ours, theirs = snippets(make_card(model))
    assert ours.replace("isomorph", "sentence_transformers", 1) == theirs
    placeholder = re.search(r'"(\w+_model_id)"', ours)
    assert placeholder is not None
    calls = ours[ours.index("\n", placeholder.end()) :]
    printed = []
    names = {"model": model, "print": lambda *values: printed.append(values)}
    exec(calls, names)
    assert printed
    for line in calls.splitlines():
        if shape := re.search(r"\.shape\)  # (\(.*\))$", line):
            assert printed[0] == (ast.literal_eval(shape[1]),)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("sentence", {"| Dimensions | 16 |", "| Similarity | cosine |"}),
        ("prompted", {"| Prompt `"}),
        ("routed", {"| Routes | query, document |"}),
        ("labels", {"| Labels | 3 |"}),
        ("multi", {"| Similarity | maxsim |"}),
    ],
)
def test_facts(load, kind, shown):
    model = load(kind)
    text = make_card(model)
    for fact in shown:
        assert fact in text
    assert f"| Maximum input length | {model.max_seq_length or 'unlimited'}" in text
    for module in model:
        assert f"| {module.kind} |" in text


@pytest.mark.parametrize(
    ("kind", "pipeline_tag", "tags"),
    [
        ("sentence", "sentence-similarity", {"dense", "sentence-similarity"}),
        ("sparse", "feature-extraction", {"sparse", "splade"}),
        ("auto", "feature-extraction", {"sparse", "csr"}),
        ("routed", "feature-extraction", {"splade", "asymmetric", "inference-free"}),
        ("cross", "text-ranking", {"reranker"}),
        ("labels", "text-classification", {"cross-encoder"}),
        ("multi", "feature-extraction", {"late-interaction", "colbert"}),
    ],
)
def test_the_header(load, kind, pipeline_tag, tags):
    data = ModelCard(make_card(load(kind))).data
    assert data.pipeline_tag == pipeline_tag
    assert tags <= set(data.tags)
    assert data.library_name == "sentence-transformers"
    assert data.get("license") is None


def test_every_field_shows_up(load):
    given = SentenceTransformerModelCardData(
        language=["en", "nl"],
        license="apache-2.0",
        model_name="The name",
        model_id="owner/name",
        train_datasets=[{"name": "SNLI", "id": "stanfordnlp/snli"}],
        eval_datasets=[{"name": "dev", "id": "owner/dev"}],
        task_name="finding things",
        tags=["mine"],
    )
    model = load("sentence", model_card_data=given)
    assert model.model_card_data is given
    text = make_card(model)
    data = ModelCard(text).data
    assert (data.language, data.license, data.tags) == (["en", "nl"], "apache-2.0", ["mine"])
    assert data.datasets == ["stanfordnlp/snli"]
    for part in ("# The name\n", '("owner/name")', "finding things", "- SNLI (`stanfordnlp/snli`)"):
        assert part in text
    assert "## Evaluation data\n\n- dev (`owner/dev`)" in text
    order = re.findall(r"^([\w-]+):", text.split("---")[1], re.MULTILINE)
    assert order == ["language", "license", "library_name", "tags", "datasets", "pipeline_tag"]


def test_a_name_on_the_hub_replaces_the_placeholder_of_a_card_that_was_kept(load, tmp_path):
    """Also where the card was made by `save`, and the folder has gone since; a folder is no such name."""
    load("sentence").save(tmp_path / "first")
    kept = type(load("sentence"))(tmp_path / "first", backend="reference", preload=True)
    assert '("sentence_transformers_model_id")' in make_card(kept)
    (tmp_path / "first").rename(tmp_path / "gone")
    assert 'model = SentenceTransformer("owner/name")' in make_card(kept, "owner/name")
    assert '("sentence_transformers_model_id")' in make_card(kept, "A title")
    assert '("sentence_transformers_model_id")' in make_card(kept, str(tmp_path / "gone"))
    with contextlib.chdir(tmp_path):
        assert '("sentence_transformers_model_id")' in make_card(kept, "gone/README.md")


def test_evaluations_are_reported(load):
    data = SentenceTransformerModelCardData(eval_datasets=[{"name": "dev", "id": "owner/dev"}])
    model = load("sentence", model_card_data=data)
    texts = ["a dog", "a cat"], ["a dog barks", "a cat purrs"], ["rain", "snow"]
    named = TripletEvaluator(*texts, name="dev")
    got = SequentialEvaluator([named, TripletEvaluator(*texts), named][:2])(model)
    text = make_card(model)
    assert f"| **Cosine Accuracy** | {got['dev_cosine_accuracy']:.4f} |" in text
    found = {result.dataset_name: result for result in ModelCard(text).data.eval_results}
    assert set(found) == {"dev", "Unknown"}
    assert found["dev"].dataset_type == "owner/dev"
    assert found["dev"].metric_value == got["dev_cosine_accuracy"]
    assert ModelCard(text).data.metrics == ["cosine_accuracy"]
    named(model)
    assert make_card(model).count("### Triplet") == 2


def test_an_undefined_metric_stays_out_of_the_header(load):
    model = load("sentence")
    model.model_card_data.set_evaluation_metrics(object(), {"good": 0.5, "none": float("nan")})
    text = make_card(model)
    assert "| None | undefined |" in text
    assert ModelCard(text).data.metrics == ["good"]
    assert ".nan" not in text


def test_a_readme_of_the_authors_is_kept(folder_of, still):
    model = folder_of(OF_A_USER)
    assert make_card(model, "A title") == OF_A_USER
    model.model_card_data.set_evaluation_metrics(object(), {"good": 0.5})
    assert make_card(model) == OF_A_USER
    text = make_card(model, model_id="owner/name")
    assert text == OF_A_USER.replace("sentence_transformers_model_id", "owner/name")


def test_what_was_given_goes_into_the_header_of_a_kept_readme(folder_of):
    model = folder_of(OF_A_USER)
    model.model_card_data.license = "apache-2.0"
    text = make_card(model, train_datasets=["owner/set"])
    head, body = OF_A_USER.split("---\n")[1:]
    assert text.endswith(f"---\n{body}")
    assert "license: apache-2.0\n" in text
    assert "datasets:\n- owner/set" in text
    for line in head.replace("license: mit\n", "").splitlines():
        assert f"{line}\n" in text


def test_a_kept_readme_without_a_header_gets_one(folder_of):
    model = folder_of("# Ours\n")
    model.model_card_data.language = "nl"
    assert make_card(model) == "---\nlanguage:\n- nl\n---\n\n# Ours\n"


def test_a_header_that_cannot_be_read_is_left_alone_or_refused(folder_of):
    broken = "---\nlicense: [mit\n---\n# Ours\n"
    model = folder_of(broken)
    assert make_card(model) == broken
    model.model_card_data.license = "mit"
    with pytest.raises(BadModel, match="cannot be read"):
        make_card(model)


def test_an_empty_readme_is_none(folder_of):
    assert "## Usage" in make_card(folder_of(" \n"))


def test_a_link_out_of_the_folder_is_refused(folder_of, tmp_path):
    model = folder_of("x")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "model" / "README.md").unlink()
    (tmp_path / "model" / "README.md").symlink_to(tmp_path / "secret")
    with pytest.raises(BadModel, match="outside of the model folder"):
        make_card(model)


def test_what_no_file_can_hold_is_refused_before_one_is_written(load, tmp_path):
    for given in ({"model_name": "a\udc80"}, {"train_datasets": ["a\udc80"]}):
        with pytest.raises(InputError, match=r"half of a surrogate pair, U\+DC80"):
            write_card(load("sentence"), tmp_path, **given)
    assert not list(tmp_path.iterdir())


def test_an_old_card_stays_when_the_new_one_cannot_be_made(load, tmp_path):
    model = load("sentence")
    (tmp_path / "README.md").write_text("old")
    model.model_card_data.license = 3
    with pytest.raises(InputError, match="license"):
        write_card(model, tmp_path)
    with pytest.raises(InputError, match="train_datasets"):
        write_card(load("sentence"), tmp_path, train_datasets=[{"name": "x"}])
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_the_origin_of_a_snapshot(folder_of, tmp_path):
    commit = "0123456789" * 4
    place = tmp_path / "models--owner--base" / "snapshots" / commit
    model = folder_of("", place)
    text = make_card(model)
    assert "# SentenceTransformer based on owner/base\n" in text
    assert f"`owner/base` at commit `{commit}`" in text
    assert ModelCard(text).data.base_model == "owner/base"


def test_card_data_of_another_kind_is_refused(load):
    with pytest.raises(InputError, match="SentenceTransformerModelCardData"):
        load("sentence", model_card_data={"language": "en"})
    plain = BaseModelCardData(language="en")
    assert ModelCard(make_card(load("sentence", model_card_data=plain))).data.tags


def test_a_model_without_given_data_has_some(load):
    data = load("sentence", local_files_only=True).model_card_data
    assert type(data) is SentenceTransformer.model_card_data_class
    assert data.local_files_only


@pytest.mark.parametrize(
    ("made", "inputs", "code"),
    [
        (lambda folder: build("clip", folder), "text, image", "model.similarity(images, texts)"),
        (
            lambda folder: write_messages(messages()[0], folder),
            "text, image, video, message",
            "model.similarity(images, texts)",
        ),
        (lambda folder: build("dinov2", folder), "image", 'images = model.encode(["photo.jpg"])'),
        (lambda folder: write_sounds(sounds()[0], folder), "audio", 'encode(["sound.wav"])'),
    ],
)
def test_a_card_states_what_a_model_takes(made, inputs, code, tmp_path):
    model = SentenceTransformer(made(tmp_path / "model"), backend="reference")
    model.save_pretrained(tmp_path / "saved")
    text = (tmp_path / "saved" / "README.md").read_text("utf-8")
    assert f"| Inputs | {inputs} |" in text
    assert code in text
    assert ("tokens" in text) == ("text" in inputs)
