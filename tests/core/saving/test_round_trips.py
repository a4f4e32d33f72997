"""What is saved is what was loaded, for every recorded layout, and with the settings of the moment."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer, installed
from isomorph.errors import BackendError, InputError, Unsupported
from isomorph.plugins.table import classes

from .folders import PARITY, folders

FOLDERS = folders()
LONG = PARITY / "models" / "long-chain"
OTHERS = [info.name for info in installed().infos if not info.fallback]


@pytest.fixture(params=FOLDERS)
def case(request):
    return FOLDERS[request.param], PARITY / request.param


def same(one, other):
    from .folders import answers

    found, wanted = dict(answers(other)), dict(answers(one))
    assert found.keys() == wanted.keys()
    assert wanted
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, atol=1e-5, err_msg=name)


@pytest.mark.filterwarnings("ignore:.*were cut")
def test_a_saved_folder_gives_the_same(case, tmp_path):
    loader, folder = case
    model = loader(folder, backend="reference")
    model.save_pretrained(tmp_path / "saved")
    again = loader(tmp_path / "saved", backend="reference")
    same(model, again)
    assert again.prompts == model.prompts
    assert again.max_seq_length == model.max_seq_length


def test_types_are_those_of_today(case, tmp_path):
    loader, folder = case
    loader(folder, backend="reference").save_pretrained(tmp_path / "saved")
    file = tmp_path / "saved" / "modules.json"
    if not file.is_file():  # model2vec's layout stays
        assert "model2vec" in folder.parent.parent.name
        return
    for entry in json.loads(file.read_text("utf-8")):
        assert ".models." not in entry["type"]
        assert entry["type"].endswith("router.Router") or entry["type"] in classes()
        assert (tmp_path / "saved" / entry["path"]).is_dir()


@pytest.mark.parametrize("other", OTHERS)
def test_every_backend_saves_what_every_other_loads(other, backend, tmp_path):
    try:
        installed().backend(other).devices()
    except BackendError as reason:
        pytest.skip(str(reason))
    model = SentenceTransformer(LONG, backend=backend)
    model.save(tmp_path / "saved")
    assert (tmp_path / "saved" / "model.safetensors").is_file()
    same(model, SentenceTransformer(tmp_path / "saved", backend=other))


def test_artifacts_lie_beside_the_weights(backend, tmp_path):
    model = SentenceTransformer(LONG, backend=backend)
    model.save(tmp_path / "saved")
    patterns = installed().info(backend).artifacts
    made = [file for kind in patterns for file in (tmp_path / "saved").glob(kind)]
    assert bool(made) == bool(patterns)


def test_changed_settings_survive(tmp_path):
    model = SentenceTransformer(LONG, backend="reference", prompts={"query": "find: "})
    model.max_seq_length, model.truncate_dim, model.similarity_fn_name = 7, 3, "dot"
    model.set_pooling_include_prompt(False)
    model.prompts["mine"], model.default_prompt_name = "so: ", "mine"
    model.save(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    assert (again.max_seq_length, again.truncate_dim, again.similarity_fn_name) == (7, 3, "dot")
    assert (again.prompts, again.default_prompt_name) == (model.prompts, "mine")
    pooling = next(module for module in again if module.kind == "pooling")
    assert not pooling.config["include_prompt"]


def test_an_activation_survives_and_code_is_announced(tmp_path):
    folder = PARITY / "cross_encoders" / "models" / "bert-plain"
    CrossEncoder(folder, backend="reference", activation_fn="Tanh").save(tmp_path / "tanh")
    again = CrossEncoder(tmp_path / "tanh", backend="reference")
    same(CrossEncoder(folder, backend="reference", activation_fn="Tanh"), again)
    with pytest.warns(UserWarning, match="not saved"):
        CrossEncoder(folder, backend="reference", activation_fn=np.cbrt).save(tmp_path / "code")


def test_onto_its_own_folder(tmp_path):
    folder = shutil.copytree(LONG, tmp_path / "model")
    model = SentenceTransformer(folder, backend="reference")
    before = model.encode(["a text"])
    (folder / "notes.txt").write_text("mine")
    model.save(folder)
    np.testing.assert_array_equal(model.encode(["a text"]), before)
    model.close()
    np.testing.assert_array_equal(model.encode(["a text"]), before)
    assert (folder / "notes.txt").read_text() == "mine"


def test_what_another_model_left_does_not_mix_in(tmp_path):
    old, new = PARITY / "models" / "old-roberta", LONG
    target = shutil.copytree(old, tmp_path / "model")
    (target / "results").mkdir()
    (target / "results" / "table.csv").write_text("1,2")
    (target / "pytorch_model.bin").write_bytes(b"old")
    model = SentenceTransformer(new, backend="reference")
    model.save(target)
    same(model, SentenceTransformer(target, backend="reference"))
    assert not (target / "pytorch_model.bin").exists()
    assert (target / "results" / "table.csv").read_text() == "1,2"


def test_what_cannot_be_saved_so(tmp_path):
    model = SentenceTransformer(LONG, backend="reference")
    with pytest.raises(Unsupported, match="safe_serialization=False"):
        model.save_pretrained(tmp_path / "saved", safe_serialization=False)
    with pytest.raises(InputError, match="Say where"):
        model.save_pretrained(None)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        model.save_pretrained(tmp_path / "file")
    with pytest.raises(InputError, match="Hub cache"):
        model.save_pretrained(tmp_path / "snapshots" / "commit")
    assert not (tmp_path / "saved").exists()
