"""What a folder says about a transformer's task and about SPLADE pooling."""

import json

import pytest

from isomorph.errors import BadModel, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.plugins.table import by_type

SPARSE = "sentence_transformers.sparse_encoder.models"
BERT = {"model_type": "bert", "hidden_size": 8, "num_attention_heads": 2}


def module(folder, kind, **files):
    """The module that a folder with these JSON files is read into."""
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return by_type(kind).read(ModuleFolder("0", kind, "", Folder(folder), {}))


@pytest.mark.parametrize(
    ("task", "output"),
    [
        ("sequence-classification", "scores"),
        ("fill-mask", "token_embeddings"),
        ("text-generation", "causal_logits"),
    ],
)
def test_a_task_says_what_is_written(tmp_path, task, output):
    settings = {"transformer_task": task}
    kind = "sentence_transformers.base.modules.transformer.Transformer"
    read = module(tmp_path, kind, config=BERT, sentence_bert_config=settings)
    assert (read.config["task"], read.outputs) == (task, (output,))
    assert "token_type_ids" in read.inputs


@pytest.mark.parametrize("task", ["any-to-any", "retrieval"])
def test_other_tasks_are_refused_by_name(tmp_path, task):
    kind = "sentence_transformers.models.Transformer"
    with pytest.raises(Unsupported, match=task):
        module(tmp_path, kind, config=BERT, sentence_bert_config={"transformer_task": task})


@pytest.mark.parametrize("file", ["MLMTransformer", "mlm_transformer"])
def test_the_older_class_is_a_task_of_its_own(tmp_path, file):
    kind = f"{SPARSE}.{file}.MLMTransformer"
    assert module(tmp_path, kind, config=BERT).config["task"] == "fill-mask"


@pytest.mark.parametrize("key", ["embedding_dimension", "word_embedding_dimension"])
def test_splade_pooling_in_both_spellings(tmp_path, key):
    kind = f"{SPARSE}.SpladePooling"
    read = module(tmp_path, kind, config={"pooling_strategy": "sum", key: 9})
    assert read.config == {
        "pooling_strategy": "sum",
        "activation_function": "relu",
        "embedding_dimension": 9,
    }


@pytest.mark.parametrize("setting", ["pooling_strategy", "activation_function"])
def test_splade_pooling_of_another_kind_is_refused(tmp_path, setting):
    kind = f"{SPARSE}.splade_pooling.SpladePooling"
    with pytest.raises(BadModel, match="'mean'"):
        module(tmp_path, kind, config={setting: "mean"})
