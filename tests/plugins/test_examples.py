"""The example of each hook, installed as a distribution of its own, does what its page says."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from tests.parity.tower_models import build, pictures

from isomorph.testing.models import write

EXAMPLES = Path(__file__).parents[1] / "examples"
FILES = sorted(EXAMPLES.glob("*.py"))
PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
PUBLIC = {"contract", "program", "hookspecs", "errors", "testing"}
HOOKS = {"backends", "commands", "decoders", "exporters", "modules", "read_model", "resolve"}

SHOW = """
import sys
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])
vectors = model.encode(["one", "two words"])
again = SentenceTransformer(sys.argv[1], backend="reference").encode(["one", "two words"])
assert abs(vectors - again).max() < 1e-5
print(vectors.shape, model.get_embedding_dimension(), *(row.runs for row in model.explain().rows))
"""


def show(site, name, backend="reference", **variables):
    return site.python("-W", "error", "-c", SHOW, str(name), backend, **variables).split("\n")[0]


@pytest.fixture
def mirrored(tmp_path):
    """A table of vectors, and behind it a module of the example's kind."""
    folder = write("static", tmp_path / "model")
    entries = json.loads((folder / "modules.json").read_text("utf-8"))
    entries.append({"idx": 9, "name": "mirror", "path": "9_Mirror", "type": "glass.Mirror"})
    (folder / "modules.json").write_text(json.dumps(entries), "utf-8")
    (folder / "9_Mirror").mkdir()
    (folder / "9_Mirror" / "config.json").write_text('{"scale": 0.5}')
    return folder


def test_a_kind_of_module_changes_the_width_and_is_lowered(examples, mirrored):
    width = json.loads(show(examples, mirrored).split(")")[1].split()[0])
    assert show(examples, mirrored).startswith(f"(2, {width}) {width} reference")


def test_a_reader_reads_another_format(examples, tmp_path):
    folder = write("static", tmp_path / "model")
    entries = json.loads((folder / "modules.json").read_text("utf-8"))
    lines = [f"{entry['type'].rpartition('.')[2]} {entry['path']}" for entry in entries]
    before = show(examples, folder)
    (folder / "modules.json").unlink()
    (folder / "recipe.txt").write_text("\n".join(lines))
    assert show(examples, folder) == before


def test_a_resolver_finds_names_of_another_scheme(examples, tmp_path):
    folder = write("static", tmp_path / "shelf" / "mine")
    shelf = str(tmp_path / "shelf")
    assert show(examples, "shelf:mine", SHELF=shelf) == show(examples, folder)
    code = "from isomorph import SentenceTransformer\ntry: SentenceTransformer('shelf:yours')\n"
    code += "except Exception as error: print(type(error).__name__, error)"
    said = examples.run(code, SHELF=shelf)
    assert said.startswith("ModelNotFound No model 'yours'")
    assert "there are: mine" in said


SEEN = """
import sys, warnings, numpy as np
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend="reference")
file, pixels = sys.argv[2] + "/a.npy", np.load(sys.argv[2] + "/a.npy")
given = [pixels, file, {"image": file}, "a text"]
one, two, three, text = model.encode(given, deterministic=True)
assert (one == two).all() and (two == three).all() and (one != text).any()
assert abs(model.encode(file) - one).max() < 1e-5
try: model.encode(["a text", file, sys.argv[2] + "/gone.npy"])
except Exception as error: print(type(error).__name__, error)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    print(np.isnan(model.encode([sys.argv[2] + "/gone.npy", file], on_bad_input="nan")).any(1))
"""


def test_a_decoder_reads_another_form_of_images(examples, tmp_path):
    folder = build("clip", tmp_path / "clip")
    np.save(tmp_path / "a.npy", pictures()[0])
    said, rows = examples.python("-c", SEEN, str(folder), str(tmp_path)).splitlines()
    assert said.startswith("InputError Input 2 (")
    assert ") cannot be decoded by the plugin 'npy' of npy 1.0: [Errno 2]" in said
    assert rows == "[ True False]"


def test_an_exporter_makes_what_a_backend_runs(examples, mirrored, tmp_path):
    target = tmp_path / "baked"
    code = "import sys; from isomorph.export import export_model\n"
    code += "done = export_model(sys.argv[1], 'table', sys.argv[2]); print(done.artifact.name)"
    assert "table-2.npy" in examples.python("-W", "error", "-c", code, str(mirrored), str(target))
    assert show(examples, target, "table").endswith(" table table")


def test_a_command_runs_and_is_listed(examples, tmp_path):
    folder = write("static", tmp_path / "model")
    said = examples.python("-W", "error", "-m", "isomorph.cli", "count", str(folder))
    assert said == f"{len(json.loads((folder / 'modules.json').read_text('utf-8')))}\n"
    listed = examples.python("-W", "error", "-m", "isomorph.cli", "--help")
    assert "How many modules a model has." in listed


def test_every_hook_has_an_example():
    found = {
        node.name.removeprefix("isomorph_")
        for file in FILES
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("isomorph_")
    }
    assert found == HOOKS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_imports_public_names_only(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("isomorph"):
            module = __import__(node.module, fromlist=["__all__"])
            assert node.module.split(".")[1] in PUBLIC
            listed = getattr(module, "__all__", None) or vars(module)
            assert {alias.name for alias in node.names} <= set(listed)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_of_plugins_shows_the_example_as_it_is(file):
    assert f"```python\n{file.read_text('utf-8')}```" in PAGE.read_text("utf-8")
