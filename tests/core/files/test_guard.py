"""Whatever the files of a folder hold, reading them ends in a model or in an error of isomorph."""

from __future__ import annotations

import json
import struct

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, IsomorphError, UnknownFormat
from isomorph.files.guard import reading
from isomorph.plugins.reading import read_model
from isomorph.testing import models

FOREIGN = [
    KeyError("a"),
    TypeError("b"),
    AttributeError("c"),
    IndexError("d"),
    OverflowError("e"),
    ZeroDivisionError("f"),
    RecursionError("g"),
    MemoryError(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "h"),
    struct.error("i"),
    OSError("j"),
    AssertionError("k" * 10_000),
]


@pytest.mark.parametrize("cause", FOREIGN, ids=lambda cause: type(cause).__name__)
def test_a_foreign_exception_becomes_an_error_about_the_model(cause):
    with (
        pytest.raises(BadModel, match=f"the folder.*{type(cause).__name__}") as caught,
        reading("the folder"),
    ):
        raise cause
    assert caught.value.__cause__ is cause
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("error", [UnknownFormat("as it is"), KeyboardInterrupt()], ids=repr)
def test_what_is_isomorphs_own_or_the_users_passes(error):
    with pytest.raises(type(error)) as caught, reading("the folder"):
        raise error
    assert caught.value is error


CONTENTS = [
    b"",
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf{}",
    b"null",
    b"5",
    b'"text"',
    b"[]",
    b"[1, 2]",
    b"[null]",
    b"[[]]",
    b"{}",
    b'{"type": 5}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 10_000,
    b'{"prompts": [1], "structure": 5, "model_type": {}}',
    b"NaN",
    b"\x00" * 100,
    b'{"weight_map": {"a": 5}}',
    b'{"weight_map": {"a": "b\\u0000.safetensors"}}',
]
FILES = {
    "bert": [
        *("modules.json", "config.json", "sentence_bert_config.json", "tokenizer_config.json"),
        *("config_sentence_transformers.json", "model.safetensors"),
    ],
    "bert-shards": ["model.safetensors.index.json"],
    "everything": ["2_Dense/config.json"],
    "bow": ["0_BoW/config.json"],
}


NET = "cannot be read as a model"
"""What the net below all readers says: it is for what nobody has thought of, so for nothing here."""


def attempt(function, folder):
    """The result, or the message of an error of isomorph."""
    try:
        return function(folder), ""
    except IsomorphError as error:
        return None, str(error)


def load(folder):
    return SentenceTransformer(folder, backend="reference")


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: repr(content[:20]))
@pytest.mark.parametrize(
    ("name", "file"), [(n, file) for n, files in FILES.items() for file in files]
)
def test_a_file_of_anything_is_refused_by_an_error_of_ours(tmp_path, name, file, content):
    folder = models.write(name, tmp_path / "model")
    assert (folder / file).is_file()
    (folder / file).write_bytes(content)
    model, refusal = attempt(load, folder)
    assert NET not in refusal
    if model is not None:  # such as with settings that may be empty
        assert model.encode("the river").ndim == 1


@pytest.fixture
def listed(folder):
    """Rewrites modules.json by a function from its entries to others."""

    def rewrite(change):
        path = folder / "modules.json"
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
        return folder

    return rewrite


@pytest.mark.parametrize("key", ["name", "path", "type"])
@pytest.mark.parametrize("value", [5.5, [], {}, True, ["a"], "\x00", "a" * 5000])
def test_an_entry_of_modules_json_with_any_value(listed, key, value):
    folder = listed(lambda found: [found[0], {**found[1], key: value}, *found[2:]])
    model, refusal = attempt(read_model, folder)
    assert NET not in refusal
    assert (model is not None) == (key == "name" and isinstance(value, str))


def test_a_list_of_modules_beyond_all_bounds(listed):
    folder = listed(lambda found: found[:1] * 10_000)
    with pytest.raises(BadModel, match="lists 10000 modules; at most 256"):
        read_model(folder)
