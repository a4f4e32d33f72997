from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from isomorph.errors import BadModel, ModelNotFound, NotAFolder
from isomorph.plugins.asking import Origin
from isomorph.resolve import Request, check_sha256, resolve
from isomorph.resolve.files import select


def test_a_local_folder_is_itself_and_nothing_connects(tmp_path, deny_network):
    deny_network()
    assert resolve(tmp_path) == tmp_path
    assert resolve(str(tmp_path), Request(revision="v1", token="secret")) == tmp_path


def test_a_local_folder_goes_before_the_hub(tmp_path, monkeypatch, deny_network):
    (tmp_path / "org" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    deny_network()
    assert resolve("org/name") == Path("org/name").absolute()


def test_a_file_is_not_a_folder(tmp_path):
    file = tmp_path / "model.safetensors"
    file.touch()
    with pytest.raises(NotADirectoryError, match="is a file, and a model is a folder") as caught:
        resolve(file)
    assert isinstance(caught.value, NotAFolder)


@pytest.mark.parametrize("name", ["a/b/c", "./x", "../x", "/nowhere/x", "~/nowhere", "a\\b", "x/"])
def test_what_looks_like_a_path_is_not_asked_of_the_hub(name, deny_network, tmp_path, monkeypatch):
    deny_network()
    monkeypatch.chdir(tmp_path)  # where none of these is
    with pytest.raises(ModelNotFound, match=r"there is no folder .* cannot be on the Hub"):
        resolve(name)


@pytest.mark.parametrize("name", ["x" * 5000, "~nobody-of-this-name/model", "a\0b"])
def test_what_no_file_system_takes_is_no_model(name, deny_network):
    deny_network()
    with pytest.raises(ModelNotFound) as raised:
        resolve(name)
    assert len(str(raised.value)) < 500


def test_an_empty_name():
    with pytest.raises(ModelNotFound, match="empty"):
        resolve(" ")


def plugin(monkeypatch, result):
    def answers(hook, name, request):
        assert request.revision in (None, "of-the-caller")
        yield Origin("theirs", "theirs 1.0"), result if name == "ours" else None

    found = SimpleNamespace(asker=SimpleNamespace(answers=answers))
    monkeypatch.setattr("isomorph.plugins.discovery.installed", lambda: found)


def test_plugins_go_before_the_hub(tmp_path, monkeypatch, deny_network):
    deny_network()
    plugin(monkeypatch, tmp_path)
    assert resolve("ours") == tmp_path
    assert resolve("ours", Request(revision="of-the-caller")) == tmp_path


def test_a_plugin_that_names_no_folder(tmp_path, monkeypatch):
    plugin(monkeypatch, tmp_path / "nothing")
    with pytest.raises(ModelNotFound, match=r"The plugin 'theirs' of theirs 1\.0 resolved"):
        resolve("ours")


def test_importing_is_light():
    code = "import sys, isomorph.resolve; print('huggingface_hub' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_checksums(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    check_sha256(file, empty.upper())
    with pytest.raises(BadModel, match=rf"{file} has the sha256 {empty}, not 00"):
        check_sha256(file, "00" * 32)


def test_what_people_leave_in_a_folder_makes_it_nobody_elses():
    names = [f"1_Pooling/{name}" for name in ("config.json", "desktop.ini", "Thumbs.db", "a.png")]
    assert select(names) == ["1_Pooling/config.json"]
    strange = [
        "1_Pooling/config.json",
        "1_Pooling/strange.thing",
        "other/config.json",
        "other/a.thing",
    ]
    assert select(strange) == []
    assert select(strange, modules=["1_Pooling"]) == ["1_Pooling/config.json"]


def test_which_files_are_the_model():
    names = """
        sparse_linear.pt colbert_linear.pt optimizer.pt
        .gitattributes artifact.metadata bpe.codes config.json model.safetensors
        model.fp16.safetensors pytorch_model.bin
        model-00001-of-00002.safetensors rust_model.ot logo.png tokenizer.model vocab.txt
        2_Dense/pytorch_model.bin 2_Dense/config.json 3_Dense/model.safetensors
        3_Dense/pytorch_model.bin other/model.graph other/config.json other/deep/tokenizer.json
        ir/model.xml ir/model.bin
    """.split()
    assert select(names, ["ir/*"]) == [
        "sparse_linear.pt",
        "colbert_linear.pt",
        "artifact.metadata",
        "bpe.codes",
        "config.json",
        "model.safetensors",
        "model-00001-of-00002.safetensors",
        "tokenizer.model",
        "vocab.txt",
        "2_Dense/pytorch_model.bin",
        "2_Dense/config.json",
        "3_Dense/model.safetensors",
        "ir/model.xml",
        "ir/model.bin",
    ]


@pytest.mark.parametrize("name", ["http://me:secret@host:8080/", "s3://me:secret@bucket/model"])
def test_an_address_that_no_plugin_knows_is_shown_without_its_password(name, monkeypatch):
    monkeypatch.setattr(sys.modules[resolve.__module__], "_from_plugins", lambda *_: None)
    with pytest.raises(ModelNotFound, match="no installed plugin knows such an address") as caught:
        resolve(name)
    assert "secret" not in str(caught.value)
    assert name.rpartition("@")[2] in str(caught.value)
