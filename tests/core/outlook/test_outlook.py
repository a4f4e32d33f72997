"""A model that is known by its outline is judged as the whole folder is; none of its weights is fetched."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pickled_files
import pytest
from hub_models import files_of
from safetensors.numpy import load_file, save_file

from isomorph.errors import (
    AccessDenied,
    AmbiguousHead,
    BadModel,
    HubUnavailable,
    InputError,
    ModelNotFound,
    UnknownFormat,
)
from isomorph.outlook import outlook
from isomorph.resolve import Request
from isomorph.testing import models

PARITY = Path(__file__).parents[2] / "parity"
PICKLED = ("bert", "gte", "words", "lstm")


def same(found, want):
    """Everything but the number of files, since weights may be stored in others, and where they are."""
    assert replace(found, files=0, nbytes=0, notes=()) == replace(want, files=0, nbytes=0, notes=())
    assert len(found.notes) == len(want.notes)


@pytest.mark.parametrize("name", models.catalogue())
def test_an_outline_is_judged_as_the_folder_is(name, tmp_path, ask):
    folder = models.write(name, tmp_path / "model")
    want = outlook(folder, backend="reference")
    same(ask(folder, backend="reference"), want)
    assert want.call
    assert bool(want.stored) == any(name.endswith(".safetensors") for name in files_of(folder))


@pytest.mark.parametrize("name", ["bert", "static-clusters", "words", "deberta", "qwen3"])
def test_every_backend_is_asked(name, tmp_path, ask):
    folder = models.write(name, tmp_path / "model")
    found, want = ask(folder), outlook(folder)
    same(found, want)
    assert len({verdict.backend for verdict in found.backends}) == len(found.backends) > 1


@pytest.mark.parametrize("layout", pickled_files.LAYOUTS)
@pytest.mark.parametrize("name", PICKLED)
def test_pickled_weights_are_told_by_their_pickle(name, layout, tmp_path, ask):
    folder = models.write(name, tmp_path / "model")
    want = outlook(folder, backend="reference")
    for file in folder.rglob("*.safetensors"):
        pickled_files.convert(file.parent, layout)
    found = ask(folder, backend="reference")
    same(found, want)
    assert found.nbytes == sum(len(content) for content in files_of(folder).values())


@pytest.mark.parametrize(
    "path", sorted((PARITY / "multi_vector/models").iterdir()), ids=lambda p: p.name
)
def test_late_interaction(path, ask):
    found = ask(path, backend="reference")
    same(found, outlook(path, backend="reference"))
    assert found.class_name == "MultiVectorEncoder"


@pytest.mark.parametrize("name", ["clusters", "int8", "unigram"])
def test_static_tables_of_model2vec(name, ask):
    folder = PARITY / "model2vec" / name
    same(ask(folder, backend="reference"), outlook(folder, backend="reference"))


def test_a_language_model_as_a_scorer_is_read_by_its_vocabulary(tmp_path, ask, hub):
    folder = models.write("qwen3", tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config |= {"architectures": ["Qwen3ForCausalLM"], "tie_word_embeddings": True}
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    for word, old in (("yes", "cat"), ("no", "dog")):
        vocabulary[word] = vocabulary.pop(old)
    # As large as vocabularies are, so that it is fetched for this class alone.
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer) + " " * 100_000)
    asked = {"class_name": "CrossEncoder", "backend": "reference"}
    found = ask(folder, **asked)
    same(found, outlook(folder, **asked))
    assert [row.module.split()[1] for row in found.plan.rows] == ["transformer", "logit_score"]
    hub.requests.clear()
    assert ask(backend="reference").class_name == "SentenceTransformer"
    assert not any(path.endswith("tokenizer.json") for _, path in hub.requests)


def test_a_few_kb_are_fetched_and_nothing_is_kept(tmp_path, ask, hub):
    folder = models.write("bert", tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config["vocab_size"] = 150_000
    (folder / "config.json").write_text(json.dumps(config))
    weights = load_file(folder / "model.safetensors")
    shape = 150_000, config["hidden_size"]
    weights["embeddings.word_embeddings.weight"] = np.zeros(shape, np.float32)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder / "tokenizer.json").write_text("[" + "0," * 400_000 + "0]")
    (folder / "README.md").write_text("x" * 300_000)
    found = ask(folder, backend="reference")
    assert found.nbytes > 19_000_000
    assert found.stored > 19_000_000
    assert found.plan is not None
    assert hub.sent < 150_000
    assert not (tmp_path / "hub").exists()


def test_a_server_that_sends_whole_files(tmp_path, ask, hub):
    hub.whole = True
    folder = models.write("bert", tmp_path / "model")
    same(ask(folder, backend="reference"), outlook(folder, backend="reference"))
    (folder / "model.safetensors").unlink()
    big = {"x": np.zeros(1 << 20, np.float32)}
    (folder / "pytorch_model.bin").write_bytes(pickled_files.zipped(big))
    with pytest.raises(HubUnavailable, match="answers no ranges"):
        ask(folder, backend="reference")


def test_an_adapter_alone_stands_on_its_base(tmp_path, ask, hub):
    base = models.write("bert", tmp_path / "base")
    bare = outlook(base, backend="reference")
    name = "encoder.layer.0.attention.self.query"
    low = {
        f"base_model.model.{name}.lora_{side}.weight": np.ones(shape, np.float32)
        for side, shape in (("A", (2, 32)), ("B", (32, 2)))
    }
    alone = tmp_path / "alone"
    alone.mkdir()
    save_file(low, alone / "adapter_model.safetensors")
    settings = {"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["query"]}
    settings["base_model_name_or_path"] = "org/base"
    (alone / "adapter_config.json").write_text(json.dumps(settings))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, alone)
    hub.add("org/base", files_of(base))
    found = ask(alone, backend="reference")
    assert found.plan is not None
    assert found.stored == bare.stored
    assert found.nbytes > bare.nbytes
    del hub.repos["org/base"]
    with pytest.raises(ModelNotFound, match="The Hub has no model 'org/base'"):
        ask(backend="reference")


def test_a_folder_without_weights_is_judged_by_its_settings(tmp_path):
    folder = models.write("bert", tmp_path / "model")
    whole = outlook(folder, backend="reference")
    (folder / "model.safetensors").unlink()
    found = outlook(folder, backend="reference")
    assert (found.plan, found.backends) == (whole.plan, whole.backends)
    assert 0.9 * whole.as_float32 < found.as_float32 <= whole.as_float32  # a pooler is not read
    assert found.call == whole.call
    assert [each.partition(":")[0] for each in found.missing] == ["model.safetensors"]
    assert any("the settings imply" in note for note in found.notes)


@pytest.mark.parametrize("name", ["static", "static-clusters", "words"])
def test_tables_without_weights_are_of_no_known_size(name, tmp_path):
    folder = models.write(name, tmp_path / "model")
    for file in folder.rglob("*.safetensors"):
        file.unlink()
    found = outlook(folder, backend=None)
    assert found.plan is None
    assert any(each.partition(":")[0].endswith("model.safetensors") for each in found.missing)
    assert any("no tensor" in note or "no table" in note for note in found.notes)


def test_what_is_not_there_is_named(tmp_path, ask):
    folder = models.write("bert", tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    for found in (outlook(folder, backend="reference"), ask(folder, backend="reference")):
        assert any(each.startswith("tokenizer.json: not there") for each in found.missing)


def test_a_guess_is_told(tmp_path, ask):
    folder = models.write("bert-plain", tmp_path / "model")
    (note,) = ask(folder, backend="reference").notes
    assert note.startswith("org/name does not say how")
    assert "pooling='mean' is taken" in note


def test_prebuilt_files_are_listed(tmp_path, ask):
    from isomorph import installed

    folder = models.write("bert", tmp_path / "model")
    info = next(info for info in installed().infos if info.artifacts)
    name = info.artifacts[0].replace("*", "some")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"prebuilt")
    assert f"Prebuilt files for {info.name}: {name}." in ask(folder, backend="reference").notes


@pytest.mark.parametrize(
    ("class_name", "error"),
    [
        ("SparseEncoder", AmbiguousHead),
        ("CrossEncoder", UnknownFormat),
        ("MultiVectorEncoder", AmbiguousHead),
        ("Encoder", InputError),
    ],
)
def test_a_class_that_the_model_is_not_for(class_name, error, tmp_path, ask):
    folder = models.write("bert", tmp_path / "model")
    with pytest.raises(error):
        ask(folder, class_name=class_name, backend="reference")


def test_errors_of_the_hub(tmp_path, ask, hub, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)  # between attempts
    with pytest.raises(ModelNotFound, match="The Hub has no model 'org/name'"):
        ask()
    folder = models.write("bert", tmp_path / "model")
    ask(folder, backend="reference")
    with pytest.raises(ModelNotFound, match="no revision 'v9'"):
        ask(revision="v9")
    hub.repos["org/name"].gated, hub.repos["org/name"].token = True, "secret"
    with pytest.raises(AccessDenied, match="hf auth login"):
        ask(token=False)
    assert ask(token="secret", backend="reference").plan is not None
    hub.fail("/tree/", 503, times=9)
    with pytest.raises(HubUnavailable, match="out of order"):
        ask(token="secret")


def test_offline_nothing_connects(deny_network, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    deny_network()
    with pytest.raises(ModelNotFound, match="HF_HUB_OFFLINE is set"):
        outlook("org/name", request=Request(cache_folder=tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("model.safetensors", b"", "does not begin as one does"),
        ("model.safetensors", b"\xff" * 100, "does not begin as one does"),
        ("model.safetensors", b"\x40" + bytes(7) + b"{}", "ends in its header"),
        ("model.safetensors", b"\x40" + bytes(7) + b"x" * 64, "not a complete safetensors file"),
        ("pytorch_model.bin", b"PK\x03\x04" + bytes(300), "cut off"),
        ("pytorch_model.bin", b"\x80\x02.", "cannot be read as pickled weights"),
    ],
)
def test_spoilt_beginnings(name, content, said, tmp_path, ask):
    folder = models.write("bert", tmp_path / "model")
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(content)
    with pytest.raises(BadModel, match=said):
        ask(folder, backend="reference")


@pytest.mark.parametrize("name", ["bert", "bert-shards"])
def test_of_weights_the_headers_alone_are_asked_for(name, tmp_path, ask, hub):
    folder = models.write(name, tmp_path / "model")
    ask(folder, backend="reference")
    small = sum(len(c) for n, c in files_of(folder).items() if not n.endswith(".safetensors"))
    headers = 0
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            headers += 8 + int.from_bytes(stream.read(8), "little")
    listings = 4_000
    assert small + headers <= hub.sent < small + headers + listings
