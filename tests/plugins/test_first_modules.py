"""A kind of a plugin that stands first: texts become ids as the kind says, or the model is refused."""

from __future__ import annotations

import json

import pytest

from isomorph.testing.models import write

KIND = """
from isomorph.contract import Module
from isomorph.hookspecs import ModuleKind, hookimpl
from isomorph.program import ops, tokenizer_inputs

def read(source):
    shape = source.tensors["embeddings"].shape
    return Module(
        "rows",
        source.name,
        folder=source.path,
        config={{"shape": shape}},
        inputs=("input_ids", "attention_mask"),
        outputs=("token_embeddings",),
    )

def lower(module, weights, values):
    table = weights("embeddings", module.config["shape"])
    return {{"token_embeddings": ops.embedding(table, values["input_ids"])}}

@hookimpl
def isomorph_modules():
    return [ModuleKind(name="rows", classes=("their.Rows",), read=read, lower=lower, {inputs})]
"""
SHOW = """
import sys
from isomorph import SentenceTransformer
try:
    model = SentenceTransformer(sys.argv[1], backend="reference", pooling="mean")
    print(model.encode(["one", "two words"]).shape == (2, model.get_embedding_dimension()))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def folder(tmp_path):
    folder = write("static-table-at-root", tmp_path / "model")
    entries = [{"idx": 0, "name": "0", "path": "", "type": "their.Rows"}]
    (folder / "modules.json").write_text(json.dumps(entries), "utf-8")
    return folder


def test_a_kind_that_says_how_texts_become_ids_stands_first(site, folder):
    site.add("rows", KIND.format(inputs="inputs=tokenizer_inputs"))
    assert site.python("-W", "error", "-c", SHOW, str(folder)) == "True\n"


def test_a_kind_that_does_not_say_it_is_refused_by_name(site, folder):
    site.add("rows", KIND.format(inputs=""))
    said = site.python("-W", "error", "-c", SHOW, str(folder))
    assert said.startswith("Unsupported Module '0' (rows) stands first")
    assert "let its ModuleKind set `inputs`" in said
