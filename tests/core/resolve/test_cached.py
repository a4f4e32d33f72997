"""Which caches are used without a connection: all that are whole, and none that lacks a file of the model."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hub_models import MODEL, WANTED

from isomorph.errors import BadModel, ModelNotFound, UnprovenCache
from isomorph.resolve import Request, resolve

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {name: MODEL[name] for name in WANTED}
PLAIN = {name: MODEL[name] for name in ("config.json", "tokenizer.json", "model.safetensors")}
SETTINGS = ("modules.json", "config_sentence_transformers.json")


def without(files: dict[str, bytes], *names: str) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name not in names}


@pytest.fixture
def cached(tmp_path, deny_network):
    """Makes a cache in the layout that all Hub libraries share, and asks for its model offline."""
    deny_network()
    storage = tmp_path / "hub/models--org--name"

    def make(
        files: dict[str, bytes],
        listed: dict[str, bytes] | None = None,
        marks: tuple[str, ...] = (),
        interrupted: bool = False,
    ) -> Path:
        snapshot = storage / "snapshots" / COMMIT
        for name, content in files.items():
            blob = storage / "blobs" / hashlib.sha1(content).hexdigest()
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(content)
            link = snapshot / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(blob, link.parent))
        for name in marks:
            mark = storage / ".no_exist" / COMMIT / name
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
        if interrupted:
            (storage / "blobs/0011.incomplete").touch()
        if listed is not None:
            tree = {n: {"size": len(c), "blob_id": ""} for n, c in listed.items()}
            (storage / "trees").mkdir()
            content = json.dumps({"format_version": 1, "files": tree})
            (storage / f"trees/{COMMIT}.json").write_text(content)
        (storage / "refs").mkdir()
        (storage / "refs/main").write_text(COMMIT)
        return snapshot

    return make


@pytest.fixture
def ask(tmp_path):
    def ask() -> Path:
        return resolve("org/name", Request(cache_folder=tmp_path / "hub", local_files_only=True))

    return ask


def refuses(ask, name: str) -> None:
    with pytest.raises(ModelNotFound, match=rf"only a part.*: {name}.*hf download org/name"):
        ask()


def warns(ask, *names: str) -> None:
    with pytest.warns(UnprovenCache, match=f"{', '.join(names)} not in .*hf download org/name"):
        ask()


@pytest.mark.parametrize(
    "files", [FILES, without(FILES, *SETTINGS, "1_Pooling/config.json"), PLAIN]
)
def test_a_download_of_the_whole_repository_proves_what_is_not_there(cached, ask, files):
    """Of libraries before 2.0, which leave no listing and no marks."""
    files = without(files, "sentence_bert_config.json")
    snapshot = cached({**files, ".gitattributes": b"*.bin lfs"})
    assert ask() == snapshot


def test_an_interrupted_download_proves_nothing(cached, ask):
    cached({**PLAIN, ".gitattributes": b""}, interrupted=True)
    warns(ask, *SETTINGS)


def test_nothing_proves_that_settings_do_not_exist_and_the_user_is_told(cached, ask):
    cached(without(FILES, "config_sentence_transformers.json", "sentence_bert_config.json"))
    warns(ask, "config_sentence_transformers.json", "sentence_bert_config.json")


def test_a_plain_model_without_any_proof_is_loaded_with_a_warning(cached, ask):
    cached(PLAIN)
    warns(ask, *SETTINGS)


def test_marks_prove_that_settings_do_not_exist(cached, ask):
    """As programs leave them that fetch file by file."""
    snapshot = cached(PLAIN, marks=SETTINGS)
    assert ask() == snapshot


@pytest.mark.parametrize(
    "left",
    ["config_sentence_transformers.json", "sentence_bert_config.json", "1_Pooling/config.json"],
)
def test_files_of_modules_prove_that_there_is_a_list_of_modules(cached, ask, left):
    cached({**PLAIN, left: b"{}"})
    refuses(ask, "modules.json")


@pytest.mark.parametrize("lacking", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("proof", [{".gitattributes": b""}, {}])
def test_what_no_model_can_lack_is_refused_whatever_was_downloaded(cached, ask, lacking, proof):
    cached({**without(FILES, lacking), **proof})
    refuses(ask, lacking)


def test_a_card_alone_is_no_model(cached, ask):
    cached({"README.md": b"# card", ".gitattributes": b""})
    refuses(ask, "config.json")


def chain(*modules: tuple[str, str]) -> bytes:
    return json.dumps(
        [{"path": path, "type": f"sentence_transformers.models.{kind}"} for path, kind in modules]
    ).encode()


BASE = {**without(FILES, "modules.json", "1_Pooling/config.json"), ".gitattributes": b""}


@pytest.mark.parametrize(
    ("modules", "more"),
    [
        ([("1_Normalize", "Normalize"), ("2_Dropout", "Dropout")], {}),
        ([("1_Own", "OwnModule")], {}),
        ([("1_Pooling", "Pooling")], {"1_Pooling/config.json": b"{}"}),
        ([("1_Dense", "Dense")], {"1_Dense/config.json": b"{}", "1_Dense/model.safetensors": b"w"}),
        ([("1_Dense", "Dense")], {"1_Dense/config.json": b"{}", "1_Dense/pytorch_model.bin": b"w"}),
        (
            [("1_LSTM", "LSTM")],
            {"1_LSTM/lstm_config.json": b"{}", "1_LSTM/pytorch_model.bin": b"w"},
        ),
    ],
)
def test_every_kind_of_module_has_files_of_its_own_or_none(cached, ask, modules, more):
    snapshot = cached({**BASE, "modules.json": chain(("", "Transformer"), *modules), **more})
    assert ask() == snapshot


ROUTER = b'{"types": {"d": "sentence_transformers.models.Dense"}}'


@pytest.mark.parametrize(
    ("module", "there", "lacking"),
    [
        (("1_Pooling", "Pooling"), {}, "1_Pooling/config.json"),
        (("1_Dense", "Dense"), {"1_Dense/config.json": b"{}"}, "1_Dense/model.safetensors"),
        (("2_T", "Transformer"), {"2_T/config.json": b"{}"}, "2_T/model.safetensors"),
        (("2_S", "StaticEmbedding"), {"2_S/model.safetensors": b"w"}, "2_S/tokenizer.json"),
        (("1_R", "Router"), {}, "1_R/router_config.json"),
        (("1_R", "Router"), {"1_R/router_config.json": ROUTER}, "1_R/d/config.json"),
    ],
)  # fmt: skip
def test_files_of_modules_must_be_there(cached, ask, module, there, lacking):
    cached({**BASE, "modules.json": chain(("", "Transformer"), module), **there})
    refuses(ask, lacking)


INDEX = json.dumps({"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}).encode()


def test_shards_must_be_there_also_in_a_download_of_everything(cached, ask):
    shards = {"model.safetensors.index.json": INDEX, "m-1.safetensors": b""}
    cached({**without(FILES, "model.safetensors"), **shards, ".gitattributes": b""})
    refuses(ask, "m-2.safetensors")


def test_the_list_of_old_shards_does_not_matter_beside_other_weights(cached, ask):
    old = {"weight_map": {"a": "pytorch_model-1.bin"}}
    index = {"pytorch_model.bin.index.json": json.dumps(old).encode()}
    snapshot = cached({**FILES, **index, ".gitattributes": b""})
    assert ask() == snapshot


def test_old_weights_are_weights(cached, ask):
    files = without(FILES, "model.safetensors")
    snapshot = cached({**files, "pytorch_model.bin": b"w"}, listed=MODEL)
    assert ask() == snapshot


def test_a_prebuilt_file_of_a_backend_is_as_good_as_weights(cached, ask, monkeypatch):
    from dataclasses import replace

    from isomorph.contract import BackendInfo
    from isomorph.plugins.discovery import installed

    info = BackendInfo("fast", "fast:Fast", artifacts=("fast/*.graph",))
    found = replace(installed(), infos=(info,))
    monkeypatch.setattr("isomorph.plugins.discovery.installed", lambda: found)
    files = {**without(FILES, "model.safetensors"), ".gitattributes": b""}
    snapshot = cached({**files, "fast/model.graph": b"g"}, listed=MODEL)
    assert ask() == snapshot
    (snapshot / "fast/model.graph").unlink()
    refuses(ask, "model.safetensors")


NOT_OF_THE_MODEL = {
    "README.md": b"",
    "LICENSE": b"",
    "train.py": b"",
    "runs/config.json": b"{}",
    "data.json": b"",
}


def test_with_a_listing_only_files_of_the_model_must_be_there(cached, ask):
    snapshot = cached(without(FILES, "README.md"), listed={**MODEL, **NOT_OF_THE_MODEL})
    assert ask() == snapshot


@pytest.mark.parametrize("lacking", sorted(WANTED - {"README.md"}))
def test_with_a_listing_every_file_of_the_model_must_be_there(cached, ask, lacking):
    cached(without(FILES, lacking), listed=MODEL)
    refuses(ask, lacking)


@pytest.mark.parametrize(
    "lacking", ["tokenizer_config.json", "added_tokens.json", "chat_template.jinja"]
)
def test_with_a_listing_settings_of_the_tokenizer_must_be_there(cached, ask, lacking):
    cached(FILES, listed={**MODEL, lacking: b"{}"})
    refuses(ask, lacking)


def test_with_a_listing_code_of_the_model_must_be_there(cached, ask):
    files = {**FILES, "modules.json": chain(("", "Transformer"), ("", "own.Module"))}
    snapshot = cached(files, listed={**files, "own.py": b"", "train.py": b""})
    refuses(ask, "own.py")
    (snapshot / "own.py").touch()
    assert ask() == snapshot


def test_vocabularies_beside_a_whole_tokenizer_do_not_matter(cached, ask):
    snapshot = cached(FILES, listed={**MODEL, "vocab.txt": b"", "merges.txt": b""})
    assert ask() == snapshot


@pytest.mark.parametrize("file", ["tokenizer_config.json", "config.json"])
def test_a_tokenizer_without_a_vocabulary_lacks_none(cached, ask, file):
    plain = {**without(PLAIN, "tokenizer.json"), ".gitattributes": b""}
    settings = json.loads(plain.get(file, b"{}"))
    named = json.dumps({**settings, "tokenizer_class": "ByT5Tokenizer"}).encode()
    snapshot = cached({**plain, file: named})
    assert ask() == snapshot


@pytest.mark.parametrize("named", [b"{}", b'{"tokenizer_class": "BertTokenizer"}', b"[]"])
def test_any_other_tokenizer_lacks_its_vocabulary(cached, ask, named):
    plain = {**without(PLAIN, "tokenizer.json"), ".gitattributes": b""}
    cached({**plain, "tokenizer_config.json": named})
    refuses(ask, "tokenizer.json")


@pytest.mark.parametrize(
    "listing",
    [b"", b"[]", b"{", b"\xff", b"[" * 99999, b'{"format_version": 1, "files": []}',
     b'{"format_version": 1, "files": {"a": {"size": NaN}}}', b'{"format_version": 1, "files": {"a": 1}}'],
)  # fmt: skip
def test_a_damaged_listing_is_none(cached, ask, listing, tmp_path):
    cached(without(FILES, "config_sentence_transformers.json"), listed={})
    (tmp_path / f"hub/models--org--name/trees/{COMMIT}.json").write_bytes(listing)
    warns(ask, "config_sentence_transformers.json")


@pytest.mark.parametrize("ref", [b"", b"\xff\xfe", b"main", b"../../x", COMMIT.encode() * 100])
def test_a_damaged_reference_names_no_commit(cached, ask, ref, tmp_path):
    cached(FILES, listed=MODEL)
    (tmp_path / "hub/models--org--name/refs/main").write_bytes(ref)
    with pytest.raises(ModelNotFound, match=r"No model 'org/name'.*hf download"):
        ask()


# -- links ----------------------------------------------------------------------------------------


def relink(link: Path, target: Path) -> None:
    link.unlink()
    link.symlink_to(target)


def test_links_into_another_repository_are_refused(cached, ask, tmp_path):
    snapshot = cached(FILES, listed=FILES)
    other = tmp_path / "hub/models--org--private/blobs/0011"
    other.parent.mkdir(parents=True)
    other.write_bytes(FILES["config.json"])
    relink(snapshot / "config.json", other)
    with pytest.raises(BadModel, match="outside of the model folder"):
        ask()


def test_links_out_of_the_cache_are_refused(cached, ask, tmp_path):
    snapshot = cached(FILES, listed=FILES)
    (tmp_path / "secret").write_bytes(FILES["1_Pooling/config.json"])
    relink(snapshot / "1_Pooling/config.json", tmp_path / "secret")
    with pytest.raises(BadModel, match="outside of the model folder"):
        ask()


def test_a_snapshot_that_is_a_link_is_refused(cached, ask, tmp_path):
    snapshot = cached(FILES)
    snapshot.rename(tmp_path / "elsewhere")
    snapshot.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadModel, match="outside of its repository"):
        ask()


def test_blobs_that_repositories_share_are_followed(cached, ask, tmp_path):
    """As libraries since 2.0 keep large files: once for all repositories, by their content."""
    snapshot = cached(FILES, listed=FILES)
    name = hashlib.sha256(b"x").hexdigest()
    shared = tmp_path / "hub/blobs" / name[:2] / name
    shared.parent.mkdir(parents=True)
    blob = (snapshot / "model.safetensors").resolve()
    blob.rename(shared)
    blob.symlink_to(os.path.relpath(shared, blob.parent))
    assert ask() == snapshot
    shared.rename(shared.with_name("notes"))
    relink(blob, shared.with_name("notes"))
    with pytest.raises(BadModel, match="outside of the model folder"):
        ask()


@pytest.mark.parametrize("shard", ["../../../../secret", "/etc/hostname", "..\\..\\x", "a/../../x"])
def test_lists_of_shards_lead_nowhere_else(cached, ask, shard):
    index = json.dumps({"weight_map": {"a": shard}}).encode()
    files = {**without(FILES, "model.safetensors"), "model.safetensors.index.json": index}
    cached({**files, ".gitattributes": b""})
    with pytest.raises(BadModel, match="leads out"):
        ask()


@pytest.mark.parametrize(
    "content",
    [b"\xff", b"{", b"[" * 99999, b"5", b'[{"path": "../../x", "type": "x.Pooling"}]',
     b'[{"path": "/etc", "type": "x.Dense"}]', b'[{"path": 5, "type": 5}, 7, null, [[]]]',
     b'[{"path": "%s", "type": "x.Dense"}]' % (b"a" * 5000), b'[{"path": "a\\u0000b", "type": "x.Dense"}]'],
)  # fmt: skip
def test_a_hostile_list_of_modules_is_an_error_or_none_of_ours(cached, ask, content):
    cached({**BASE, "modules.json": content})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with suppress(BadModel, ModelNotFound):
            ask()


def test_what_is_taken_out_of_the_cache_lies_in_it(cached, tmp_path):
    """A folder in the snapshot that is a link leads a listed name to a file of the user's."""
    from isomorph.resolve.snapshot import Cached

    mine = tmp_path / "mine/config.json"
    mine.parent.mkdir()
    mine.write_text("{}")
    snapshot = cached(without(FILES, "1_Pooling/config.json"), listed=FILES)
    (snapshot / "1_Pooling").symlink_to(mine.parent)
    found = Cached(tmp_path / "hub/models--org--name")
    with pytest.raises(BadModel, match="outside"):
        found.damaged(COMMIT)
    with pytest.raises(BadModel, match="outside"):
        found.drop(COMMIT, "1_Pooling/config.json")
    assert mine.exists()
