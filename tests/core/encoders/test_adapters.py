"""Adapters are refused by name on every backend: nobody applies them, and without them numbers are others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from isomorph import (
    CrossEncoder,
    MultiVectorEncoder,
    SentenceTransformer,
    SparseEncoder,
    installed,
)
from isomorph.errors import BadModel, Unsupported
from isomorph.files.folder import Folder
from isomorph.plugins.reading import read_model
from isomorph.resolve.references import gaps

PARITY = Path(__file__).parents[2] / "parity"
BACKENDS = [None, *(info.name for info in installed().infos)]
LORA = {"base_model_name_or_path": "some/base", "peft_type": "LORA", "r": 4}
HUB = {"model_name": "some/base", "hidden_size": 32, "config": {"architecture": "houlsby"}}


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(PARITY / "models" / "bert-mean", tmp_path / "model"))


def add(folder, config=LORA, weights="adapter_model.safetensors"):
    if config is not None:
        (folder / "adapter_config.json").write_text(json.dumps(config))
    if weights:
        (folder / weights).write_bytes(b"")


def alone(folder):
    (folder / "config.json").unlink()
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_beside_a_base_model(folder, backend):
    add(folder)
    with pytest.raises(Unsupported, match="beside the weights that it changes"):
        SentenceTransformer(folder, backend=backend)


@pytest.mark.parametrize(
    ("config", "weights"),
    [
        (LORA, None),
        (LORA, "adapter_model.bin"),
        (None, "adapter_model.safetensors"),
        (None, "adapter_model.bin"),
        (HUB, "pytorch_adapter.bin"),
    ],
)
def test_whichever_of_its_files_is_there(folder, config, weights):
    add(folder, config, weights)
    with pytest.raises(Unsupported, match=r"holds an adapter.*Merge it"):
        read_model(folder)


def test_the_error_says_of_which_model_and_how_to_merge_it(folder):
    alone(folder)
    add(folder)
    with pytest.raises(Unsupported, match=r"of the base model 'some/base'.*not that model") as told:
        read_model(folder)
    assert "AutoModel.from_pretrained('some/base')" in str(told.value)
    assert f"PeftModel.from_pretrained(base, {str(folder)!r})" in str(told.value)


def test_one_that_peft_did_not_write_is_not_merged_by_peft(folder):
    add(folder, HUB)
    with pytest.raises(Unsupported, match="with the library that made it") as told:
        read_model(folder)
    assert "PeftModel" not in str(told.value)


def test_files_of_an_adapter_and_nothing_else(tmp_path):
    add(tmp_path)
    for load in (SentenceTransformer, CrossEncoder, SparseEncoder, MultiVectorEncoder):
        with pytest.raises(Unsupported, match="holds an adapter of the base model 'some/base'"):
            load(tmp_path)


def test_of_a_classifier(tmp_path):
    source = PARITY / "cross_encoders" / "models" / "bert-plain"
    folder = Path(shutil.copytree(source, tmp_path / "model"))
    add(folder, {**LORA, "task_type": "SEQ_CLS"})
    with pytest.raises(Unsupported, match="AutoModelForSequenceClassification"):
        CrossEncoder(folder)


def test_in_the_folder_of_a_transformer_below(folder):
    below = folder / "0_Transformer"
    below.mkdir()
    for name in ("config.json", "model.safetensors", "sentence_bert_config.json"):
        (folder / name).rename(below / name)
    for path in folder.glob("tokenizer*"):
        shutil.copy(path, below)
    entries = json.loads((folder / "modules.json").read_text())
    entries[0]["path"] = "0_Transformer"
    (folder / "modules.json").write_text(json.dumps(entries))
    assert len(read_model(folder).graph) == 2
    add(below)
    with pytest.raises(Unsupported, match="0_Transformer holds an adapter"):
        read_model(folder)


def test_one_in_a_folder_that_no_module_has_is_nobodys(folder):
    (folder / "adapters").mkdir()
    add(folder / "adapters")
    assert len(read_model(folder).graph) == 2


def test_a_configuration_that_is_none(folder):
    (folder / "adapter_config.json").write_text("[1]")
    with pytest.raises(BadModel, match=r"adapter_config\.json holds list"):
        read_model(folder)


def test_a_cache_of_one_lacks_nothing(folder):
    alone(folder)
    assert gaps(Folder(folder)) == ["config.json", "model.safetensors"]
    add(folder)
    assert gaps(Folder(folder)) == []
