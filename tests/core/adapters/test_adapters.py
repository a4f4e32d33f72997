"""Adapters are merged when a model is read: what peft computes, on every backend, with or without peft."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pickled_files
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import (
    CrossEncoder,
    MultiVectorEncoder,
    SentenceTransformer,
    SparseEncoder,
)
from isomorph.adapters.weights import read_weights
from isomorph.errors import (
    AmbiguousHead,
    BadModel,
    ModelNotFound,
    PoolingGuessed,
    UnknownFormat,
    Unsupported,
)
from isomorph.files.folder import Folder
from isomorph.plugins.reading import read_model

PARITY = Path(__file__).parents[2] / "parity"
BASE, ADAPTERS = PARITY / "models" / "bert-mean", PARITY / "adapters"
EXPECTED = np.load(ADAPTERS / "expected.npz")
NAMES = sorted(EXPECTED.files)
TEXTS = ("the quick brown fox", "a river", "the sea and the river of stones")
SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


@pytest.fixture
def beside(tmp_path):
    """Puts an adapter into a folder of its base model."""

    def put(name="plain"):
        folder = Path(shutil.copytree(BASE, tmp_path / "beside"))
        for file in (ADAPTERS / name).iterdir():
            shutil.copy(file, folder)
        return folder

    return put


@pytest.fixture
def alone(tmp_path):
    """A folder with an adapter that names its base model by a folder."""

    def put(name="plain", base=BASE, folder="alone"):
        folder = Path(shutil.copytree(ADAPTERS / name, tmp_path / folder))
        changed(folder, base_model_name_or_path=str(base))
        return folder

    return put


def changed(folder, **settings):
    file = folder / SETTINGS
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **settings}), "utf-8")


def encode(folder, **options):
    with SentenceTransformer(folder, **options) as model:
        return model.encode(TEXTS)


def same(got, want):
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_one_beside_a_base_model(beside, backend, name):
    same(encode(beside(name), backend=backend), EXPECTED[name])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings(f"ignore::{PoolingGuessed.__module__}.PoolingGuessed")
def test_one_alone_whose_base_model_is_found_by_its_name(alone, backend, name):
    same(encode(alone(name), backend=backend), EXPECTED[name])


@pytest.mark.parametrize("layout", pickled_files.LAYOUTS)
def test_pickled_ones(beside, backend, layout):
    folder = beside()
    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    (folder / "adapter_model.bin").write_bytes(pickled_files.LAYOUTS[layout](tensors))
    same(encode(folder, backend=backend), EXPECTED["plain"])


def test_an_adapter_of_an_adapter(alone):
    first = alone()
    second = alone("own-biases", base=first, folder="second")
    merged = read_model(second).tensors["0"]
    parts = [read_model(each).tensors["0"] for each in (BASE, first)]
    name = "encoder.layer.0.attention.self.value.weight"  # the second does not change it
    assert not np.array_equal(merged[name].numpy(), parts[0][name].numpy())
    assert np.array_equal(merged[name].numpy(), parts[1][name].numpy())


def test_a_folder_that_two_modules_share_has_one_base_model(alone):
    second = alone("own-biases", base=alone(), folder="second")
    folder = Folder(second)
    first, again = (read_weights(folder, "") for _ in range(2))
    assert all(np.array_equal(first[name].numpy(), again[name].numpy()) for name in first)


@pytest.mark.parametrize("own", ["", "bert."])
@pytest.mark.parametrize("other", ["", "bert."])
def test_names_that_lie_a_level_deeper_in_the_base_model_or_in_the_adapter(beside, own, other):
    folder = beside("all-biases")
    tensors = load_file(folder / "model.safetensors")
    save_file({own + name: t for name, t in tensors.items()}, folder / "model.safetensors")
    prefix = "base_model.model."
    change = load_file(folder / WEIGHTS)
    deeper = {prefix + other + name.removeprefix(prefix): t for name, t in change.items()}
    save_file(deeper, folder / WEIGHTS)
    same(encode(folder), EXPECTED["all-biases"])


def test_adapters_that_lead_in_a_circle(alone):
    folder = alone()
    changed(folder, base_model_name_or_path=str(folder))
    with pytest.raises(BadModel, match="lead in a circle"):
        read_model(folder)


def test_the_modules_behind_it_are_those_of_its_own_folder(beside, tmp_path):
    folder = beside()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    changed(folder, base_model_name_or_path=str(BASE))
    model = SentenceTransformer(folder)
    assert [module.kind for module in model] == ["transformer", "pooling"]
    same(model.encode(TEXTS), EXPECTED["plain"])


def test_in_the_folder_of_a_transformer_below(beside):
    folder = beside()
    below = folder / "0_Transformer"
    below.mkdir()
    kept = ("modules.json", "config_sentence_transformers.json")
    for file in [file for file in folder.iterdir() if file.is_file() and file.name not in kept]:
        file.rename(below / file.name)
    entries = json.loads((folder / "modules.json").read_text())
    entries[0]["path"] = "0_Transformer"
    (folder / "modules.json").write_text(json.dumps(entries))
    same(encode(folder), EXPECTED["plain"])


def test_one_in_a_folder_that_no_module_has_is_nobodys(beside):
    folder = beside()
    (folder / "adapters").mkdir()
    for name in (SETTINGS, WEIGHTS):
        (folder / name).rename(folder / "adapters" / name)
    assert all(tensor.made is None for tensor in read_model(folder).tensors["0"].values())


def test_a_base_model_in_half_precision_is_merged_in_float32(beside):
    folder = beside()
    tensors = load_file(folder / "model.safetensors")
    halves = {name: value.astype(np.float16) for name, value in tensors.items()}
    save_file(halves, folder / "model.safetensors")
    name = "encoder.layer.0.attention.self.query"
    found = read_model(folder).tensors["0"][f"{name}.weight"]
    change = load_file(folder / WEIGHTS)
    a, b = (change[f"base_model.model.{name}.lora_{side}.weight"] for side in "AB")
    same(found.numpy(), halves[f"{name}.weight"].astype(np.float32) + 2 * b @ a)


def test_nothing_is_merged_before_it_is_read(beside, monkeypatch):
    folder = beside()
    monkeypatch.setattr("isomorph.adapters.lora._sum", lambda *given: pytest.fail("merged"))
    model = SentenceTransformer(folder)
    assert len(model) == 2


@pytest.mark.filterwarnings(f"ignore::{PoolingGuessed.__module__}.PoolingGuessed")
@pytest.mark.parametrize("layout", ["beside", "alone"])
def test_what_is_saved_is_one_model(layout, beside, alone, tmp_path, backend):
    model = SentenceTransformer({"beside": beside, "alone": alone}[layout](), backend=backend)
    model.save_pretrained(tmp_path / "saved")
    assert not list((tmp_path / "saved").glob("adapter*"))
    same(encode(tmp_path / "saved", backend=backend), EXPECTED["plain"])


def test_what_is_saved_over_its_own_folder_is_not_merged_twice(beside):
    folder = beside("dora")
    model = SentenceTransformer(folder)
    model.save_pretrained(folder)
    assert not list(folder.glob("adapter*"))
    same(encode(folder), EXPECTED["dora"])
    same(model.encode(TEXTS), EXPECTED["dora"])


@pytest.mark.filterwarnings(f"ignore::{PoolingGuessed.__module__}.PoolingGuessed")
def test_a_copy_in_another_process_finds_the_base_model_again(alone):
    model = SentenceTransformer(alone())
    same(pickle.loads(pickle.dumps(model)).encode(TEXTS), EXPECTED["plain"])


def test_a_base_model_that_is_not_there(alone):
    folder = alone(base="some-org/some-base")
    with pytest.raises(ModelNotFound, match="adapter of the base model 'some-org/some-base'"):
        SentenceTransformer(folder, local_files_only=True)
    with pytest.raises(ModelNotFound, match="adapter of the base model 'some-org/some-base'"):
        read_model(folder)  # outside of a load nothing connects


def test_no_base_model_is_named(alone):
    folder = alone()
    changed(folder, base_model_name_or_path=None)
    with pytest.raises(BadModel, match="names no base model"):
        read_model(folder)


def test_a_head_that_was_trained_as_a_whole(tmp_path, backend):
    """As peft stores it for sequence classifiers: under its plain name."""
    base = PARITY / "cross_encoders" / "models" / "bert-plain"
    folder, plain = (Path(shutil.copytree(base, tmp_path / name)) for name in ("adapted", "plain"))
    tensors = load_file(base / "model.safetensors")
    head = {name: 1 - 2 * t for name, t in tensors.items() if name.startswith("classifier.")}
    save_file({**tensors, **head}, plain / "model.safetensors")
    named = {f"base_model.model.{name}": tensor for name, tensor in head.items()}
    save_file(named, folder / WEIGHTS)
    shutil.copy(ADAPTERS / "plain" / SETTINGS, folder)
    changed(folder, modules_to_save=["classifier", "score"], task_type="SEQ_CLS")
    pairs = [("a river", "the sea"), ("stones", "the quick brown fox")]
    same(CrossEncoder(folder, backend=backend).predict(pairs), CrossEncoder(plain).predict(pairs))


@pytest.mark.parametrize("load", [SparseEncoder, MultiVectorEncoder, CrossEncoder])
def test_heads_that_are_not_there_stay_refused(alone, load):
    with pytest.raises((AmbiguousHead, UnknownFormat)):
        load(alone())


ASKED = {
    "peft_type": ("IA3", "the method 'IA3'"),
    "init_lora_weights": ("pissa", "init_lora_weights='pissa'"),
    "layer_replication": ([[0, 1]], "layer_replication"),
    "trainable_token_indices": ([1], "trainable_token_indices"),
    "target_parameters": (["x"], "target_parameters"),
    "something_new": ({"a": 1}, "something_new"),
    "use_dora": (True, "DoRA where that is not merged"),
    "rank_pattern": ({"(a+)+": 3}, "has a pattern"),
}


@pytest.mark.parametrize("key", ASKED)
def test_what_is_not_done_is_refused_by_its_name(beside, key):
    folder = beside()
    changed(folder, **{key: ASKED[key][0]})
    with pytest.raises(Unsupported, match=ASKED[key][1]):
        read_model(folder)


WRONG = {
    "r": (0, "r"),
    "lora_alpha": ("8", "lora_alpha"),
    "alpha_pattern": ([1], "alpha_pattern"),
    "rank_pattern": ({"query": 3}, "the rank is 3"),
}


@pytest.mark.parametrize("key", WRONG)
def test_a_setting_that_cannot_be(beside, key):
    folder = beside()
    changed(folder, **{key: WRONG[key][0]})
    with pytest.raises(BadModel, match=WRONG[key][1]):
        read_model(folder)


A = "base_model.model.encoder.layer.0.attention.self.query.lora_A.weight"
SPOILT = {
    "one matrix alone": lambda t: t.pop(A),
    "has no such layer": lambda t: t.update({A.replace("query", "other"): t[A]}),
    "does not have and its settings": lambda t: t.update(
        {"base_model.model.other.weight": np.ones(3, np.float32)}
    ),
    "matrices": lambda t: t.update({A: np.ones((4, 7), np.float32)}),
}


@pytest.mark.parametrize("told", SPOILT)
def test_weights_that_do_not_fit_the_base_model(beside, told):
    folder = beside()
    tensors = load_file(folder / WEIGHTS)
    SPOILT[told](tensors)
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(BadModel, match=told):
        read_model(folder)


@pytest.mark.parametrize("file", [WEIGHTS, "model.safetensors"])
def test_numbers_that_are_no_weights(beside, file):
    folder = beside()
    tensors = load_file(folder / file)
    name = A if file == WEIGHTS else "encoder.layer.0.attention.self.query.weight"
    tensors[name] = tensors[name].astype(np.int32)
    save_file(tensors, folder / file)
    with pytest.raises(BadModel, match="stored as I32"):
        read_model(folder)


@pytest.mark.parametrize("gone", [SETTINGS, WEIGHTS])
def test_half_of_an_adapter(beside, gone):
    folder = beside()
    (folder / gone).unlink()
    with pytest.raises(BadModel, match=gone):
        read_model(folder)


def test_one_that_peft_did_not_write(beside):
    folder = beside()
    settings = {"model_name": "some/base", "config": {"architecture": "houlsby"}}
    (folder / SETTINGS).write_text(json.dumps(settings))
    (folder / WEIGHTS).rename(folder / "pytorch_adapter.bin")
    with pytest.raises(Unsupported, match="that peft did not write"):
        read_model(folder)


def test_a_configuration_that_is_none(beside):
    folder = beside()
    (folder / SETTINGS).write_text("[1]")
    with pytest.raises(BadModel, match=r"adapter_config\.json holds list"):
        read_model(folder)
