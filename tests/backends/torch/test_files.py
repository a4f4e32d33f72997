"""Every file that torch and transformers open by path was seen by the model's folder: nothing leads out."""

import json
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from isomorph import SentenceTransformer
from isomorph.contract import Device, Options
from isomorph.errors import BadModel, InputError, ModelChanged, Unsupported
from isomorph.plugins.reading import read_model
from isomorph_torch.backend import TorchBackend

PARITY = Path(__file__).parents[2] / "parity" / "models"
POOLING = ("Pooling", {"pooling_mode": "mean"}, {})


def load(folder, **options):
    model, backend = read_model(folder), TorchBackend()
    found = backend.claim(model, Device("cpu"))
    if found.depth < len(model.graph):
        raise Unsupported(found.reason)
    session = backend.load(model, found, Options(**options))
    session.close()


def pickled(folder, name="pytorch_model.bin"):
    """Weights as an older version saved them."""
    file = folder / "model.safetensors"
    torch.save(load_file(file), folder / name)
    file.unlink()
    return folder / name


def moved_out(path, place):
    """A link in place of a file, which now lies in `place`."""
    outside = place / f"outside-{path.name}"
    shutil.move(path, outside)
    path.symlink_to(outside)


def indexed(folder, shard):
    names = load_file(folder / "model.safetensors")
    (folder / "pytorch_model.bin.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": dict.fromkeys(names, shard)})
    )


def test_pickled_weights_that_are_a_link_out(write_folder, tmp_path):
    folder = write_folder("bert", POOLING)
    moved_out(pickled(folder), tmp_path)
    with pytest.raises(BadModel, match="outside of the model folder"):
        load(folder)


def test_pickled_weights_of_another_module_that_are_a_link_out(write_folder, normal, tmp_path):
    config = {"in_features": 32, "out_features": 8, "bias": False}
    config["activation_function"] = "torch.nn.modules.linear.Identity"
    folder = write_folder("bert", POOLING, ("Dense", config, {"linear.weight": normal(8, 32)}))
    moved_out(pickled(folder / "2_Dense"), tmp_path)
    with pytest.raises(BadModel, match="outside of the model folder"):
        load(folder)


@pytest.mark.parametrize("absolute", [False, True])
def test_a_shard_that_lies_elsewhere(write_folder, absolute):
    folder = write_folder("bert", POOLING)
    outside = folder.parent / "outside.bin"
    indexed(folder, str(outside) if absolute else "../outside.bin")
    pickled(folder).rename(outside)
    with pytest.raises(BadModel, match="leads out of the model folder"):
        load(folder)


@pytest.mark.parametrize("content", ["{}", "[]", '{"weight_map": []}', "{", "[" * 100_000])
def test_an_index_that_is_none(write_folder, content):
    folder = write_folder("bert", POOLING)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin.index.json").write_text(content)
    with pytest.raises(BadModel):
        load(folder)


def test_a_shard_that_is_not_there(write_folder):
    folder = write_folder("bert", POOLING)
    indexed(folder, "pytorch_model-00001-of-00001.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(BadModel, match=r"names the shard 'pytorch_model-00001-of-00001\.bin'"):
        load(folder)


def test_shards_that_are_there(write_folder):
    folder = write_folder("bert", POOLING)
    indexed(folder, "pytorch_model-00001-of-00001.bin")
    pickled(folder, "pytorch_model-00001-of-00001.bin")
    load(folder)


def test_settings_of_generation_that_are_a_link_out(write_folder, tmp_path):
    folder = write_folder("bert", POOLING)
    (folder / "generation_config.json").write_text("{}")
    moved_out(folder / "generation_config.json", tmp_path)
    with pytest.raises(BadModel, match="outside of the model folder"):
        load(folder)


def test_weights_of_a_variant(write_folder, tmp_path):
    folder = write_folder("bert", POOLING)
    other = folder / "model.fp16.safetensors"
    shutil.copy(folder / "model.safetensors", other)
    load(folder, model_kwargs={"variant": "fp16"})
    moved_out(other, tmp_path)
    with pytest.raises(BadModel, match="outside of the model folder"):
        load(folder, model_kwargs={"variant": "fp16"})


@pytest.mark.parametrize("name", ["subfolder", "gguf_file", "adapter_kwargs", "state_dict"])
def test_arguments_that_name_other_weights(write_folder, name):
    with pytest.raises(InputError, match=f"model_kwargs {name} would load other weights"):
        load(write_folder("bert", POOLING), model_kwargs={name: "x"})


class Payload:
    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return open, (str(self._path), "w")


@pytest.mark.parametrize("arguments", [{}, {"weights_only": False}])
def test_a_pickle_runs_nothing(write_folder, tmp_path, arguments):
    folder = write_folder("bert", POOLING)
    (folder / "model.safetensors").unlink()
    trace = tmp_path / "trace"
    with (folder / "pytorch_model.bin").open("wb") as stream:
        pickle.dump({"x": Payload(trace)}, stream)
    with pytest.raises((BadModel, InputError)):
        load(folder, model_kwargs=arguments)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"attn_implementation": "someone/attention"}, "code of the Hub"),
        ({"_attn_implementation": "someone/attention"}, "code of the Hub"),
        ({"model_type": "maskformer", "backbone": "someone/images"}, "fetched from the Hub"),
        ({"model_type": "detr"}, "fetched from the Hub"),
        ({"text_config": [{"model_type": "detr"}]}, "fetched from the Hub"),
    ],
)
def test_a_configuration_cannot_have_anything_fetched(write_folder, changes, told):
    folder = write_folder("bert", POOLING)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))
    with pytest.raises(Unsupported, match=told):
        load(folder)


@pytest.mark.parametrize("gone", ["model.safetensors", "config.json", ""])
def test_files_that_are_gone_after_the_constructor(tmp_path, gone):
    source = PARITY / "bert-mean"
    folder = shutil.copytree(source, tmp_path / "model")
    model = SentenceTransformer(folder, backend="torch")
    if gone:
        (folder / gone).unlink()
    else:
        shutil.rmtree(folder)
    with pytest.raises(ModelChanged, match="since it was read"):
        model.encode("a sea")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_files_that_were_replaced_after_the_constructor(tmp_path, name):
    source = PARITY / "bert-mean"
    folder = shutil.copytree(source, tmp_path / "model")
    model = SentenceTransformer(folder, backend="torch")
    shutil.copy(folder / name, tmp_path / name)
    (tmp_path / name).replace(folder / name)
    with pytest.raises(ModelChanged, match="since it was read"):
        model.encode("a sea")
