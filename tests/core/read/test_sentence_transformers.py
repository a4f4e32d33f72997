from __future__ import annotations

import json
import re

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, ModelNotFound, UnknownFormat, Unsupported
from isomorph.plugins.reading import read_model


@pytest.fixture
def entries(folder):
    return json.loads((folder / "modules.json").read_text("utf-8"))


@pytest.fixture
def write(folder):
    def save(content):
        (folder / "modules.json").write_text(json.dumps(content), "utf-8")

    return save


def test_the_chain_in_the_order_of_the_list(folder, entries, write):
    ops = [module.kind for module in read_model(folder).graph.modules]
    assert ops == "transformer pooling dropout dense layer_norm dense dense normalize".split()
    write([{**entry, "idx": 9} for entry in entries])  # idx says nothing
    assert [module.kind for module in read_model(folder).graph.modules] == ops


@pytest.mark.parametrize("content", [{}, [], {"0": "x"}, "x", None, [1], [{"path": ""}]])
def test_what_is_no_list_of_modules(folder, write, content):
    write(content)
    with pytest.raises(BadModel, match=r"modules\.json (must be a non-empty list|has an entry)"):
        read_model(folder)


def test_what_is_no_json(folder):
    (folder / "modules.json").write_text("[{", "utf-8")
    with pytest.raises(BadModel, match="not readable JSON"):
        read_model(folder)


def test_an_unknown_type_is_named_and_not_imported(folder, entries, write):
    write([*entries, {"idx": 8, "name": "8", "path": "", "type": "evil.code.Module"}])
    with pytest.raises(UnknownFormat, match=r"'evil\.code\.Module' is not known.*Pooling"):
        read_model(folder)


@pytest.mark.parametrize(
    "path",
    [
        "models.CLIPModel",
        "models.CLIPModel.CLIPModel",
        "sentence_transformer.modules.clip_model.CLIPModel",
    ],
)
def test_a_class_of_towers_over_another_model_is_refused(folder, write, path):
    write([{"idx": 0, "name": "0", "path": "", "type": f"sentence_transformers.{path}"}])
    with pytest.raises(Unsupported, match="no family of towers has model_type 'distilbert'"):
        read_model(folder)


def test_two_modules_of_one_name(folder, entries, write):
    entries[2]["name"] = entries[1]["name"]
    write(entries)
    with pytest.raises(BadModel, match="names two modules '1'"):
        read_model(folder)


@pytest.mark.parametrize("path", ["../other", "a/../../b", "/etc", "..\\other", "..", "./.."])
def test_a_path_that_leads_out(folder, entries, write, path):
    entries[1]["path"] = path
    write(entries)
    with pytest.raises(BadModel, match=re.escape(repr(path)) + ".*leads out|leads out"):
        read_model(folder)


@pytest.mark.parametrize("name", ["1_Pooling", "1_Pooling/config.json", "model.safetensors"])
def test_a_link_that_leads_outside(folder, tmp_path, name):
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadModel, match="outside of the model folder"):
        read_model(folder)


def test_a_link_that_stays_inside(folder):
    (folder / "1_Pooling").rename(folder / "pooling")
    (folder / "1_Pooling").symlink_to(folder / "pooling")
    assert read_model(folder).graph.modules[1].kind == "pooling"


def test_a_snapshot_links_to_the_blobs_of_its_cache(folder, tmp_path):
    repository = tmp_path / "hub" / "models--a--b"
    (repository / "snapshots").mkdir(parents=True)
    snapshot = folder.rename(repository / "snapshots" / "c0ffee")
    (repository / "blobs").mkdir()
    (snapshot / "model.safetensors").rename(repository / "blobs" / "weights")
    (snapshot / "model.safetensors").symlink_to(repository / "blobs" / "weights")
    assert read_model(snapshot).tensors["0"]


def test_a_module_that_reads_what_nobody_wrote(folder, entries, write):
    write([entries[0], entries[-1]])
    with pytest.raises(BadModel, match="reads 'sentence_embedding', which no module before"):
        read_model(folder)


def test_the_root_is_an_empty_path_a_dot_or_nothing(folder, entries, write):
    for path in ("", ".", None):
        entries[0]["path"] = path
        write(entries)
        assert read_model(folder).graph.modules[0].folder == ""


@pytest.mark.parametrize("path", [".\\1_Pooling", "./1_Pooling", "1_Pooling/", "x/../1_Pooling"])
def test_a_path_as_others_spell_it_is_saved_as_it_is_read(folder, entries, write, path, tmp_path):
    entries[1]["path"] = path
    write(entries)
    if ".." in path:
        with pytest.raises(BadModel):
            read_model(folder)
        return
    model = SentenceTransformer(folder, backend="reference")
    assert model[1].folder == "1_Pooling"
    model.save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    assert (again.encode("a river") == model.encode("a river")).all()


def test_no_folder_and_no_model(tmp_path):
    with pytest.raises(ModelNotFound, match="is not a folder"):
        read_model(tmp_path / "absent")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UnknownFormat, match=r"neither modules\.json nor config\.json.*notes\.txt"):
        read_model(tmp_path)


def test_a_folder_of_open_clip_is_refused_by_its_name(tmp_path):
    (tmp_path / "open_clip_config.json").write_text("{}")
    with pytest.raises(Unsupported, match="a folder of open_clip"):
        read_model(tmp_path)
