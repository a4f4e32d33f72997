"""Who may import whom, and who may name whom."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "src" / "isomorph"
BACKENDS = sorted((ROOT / "backends").iterdir())
PLUGINS = sorted(file.parents[2] for file in (ROOT / "plugins").glob("*/src/*/backend.py"))
"""Those that are backends."""
PUBLIC = {"contract", "program", "hookspecs", "errors", "testing"}
ENGINES = (
    "torch",
    "transformers",
    "onnxruntime",
    "openvino",
    "jax",
    "optimum",
    "onnx",
    "sklearn",
    "scipy",
)

NAMED_ON_PURPOSE = {
    # file: what in it names a library, and why it must
    "postprocess/activations.py": "class paths in model files begin with torch.nn",
    "postprocess/tensors.py": "convert_to_tensor=True is part of the API that core keeps",
    "runtime/asked.py": "torch_dtype is an argument of that API",
    "models/base.py": "its docstring explains that argument",
    "models/shared.py": "convert_to_tensor is documented",
    "models/vector_model.py": "convert_to_tensor is documented",
    "models/multi_vector_encoder.py": "convert_to_tensor is documented",
    "parts/transformer.py": "sentence-transformers' module has it as the default of its argument backend",
    "modules/dense.py": "class paths in model files begin with torch.nn",
    "modules/layer_norm.py": "the epsilon is documented as torch.nn.LayerNorm's",
    "testing/recipes.py": "tiny models have class paths that begin with torch.nn",
    "encoders/config.py": "an activation in config.json is called gelu_pytorch_tanh",
    "encoders/vision/siglip_towers.py": "their default activation is gelu_pytorch_tanh",
    "encoders/families/gemma.py": "its default activation is gelu_pytorch_tanh",
    "encoders/families/gemma2.py": "its default activation is gelu_pytorch_tanh",
    "encoders/families/starcoder2.py": "its default activation is gelu_pytorch_tanh",
    "encoders/families/gemma3_text.py": "its default activation is gelu_pytorch_tanh",
    "files/pickled/calls.py": "names in files of pickled tensors begin with torch",
    "adapters/files.py": "pytorch_adapter.bin is a file name",
    "parts/layers.py": "class paths in model files begin with torch.nn",
    "util.py": "pytorch_cos_sim is an old name that programs import",
    "files/names.py": "pytorch_model.bin is a file name",
}


def python_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def texts(source: str) -> set[str]:
    """The literal texts of a source."""
    nodes = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return {value for value in nodes if isinstance(value, str)}


def names_imported(source: str) -> set[str]:
    """Names that a source imports from modules."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in nodes for alias in node.names}


def imports(source: str) -> set[str]:
    """Modules that a source imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.fixture(scope="module")
def core() -> dict[str, str]:
    """The source of each file of core."""
    return {str(file.relative_to(CORE)): file.read_text("utf-8") for file in python_files(CORE)}


def test_core_imports_no_engine(core):
    found = {
        file: {name.partition(".")[0] for name in imports(text)} for file, text in core.items()
    }
    assert not {file: tops & set(ENGINES) for file, tops in found.items() if tops & set(ENGINES)}


def test_core_names_no_backend_but_where_it_is_said_why(core):
    words = "|".join([*(backend.name for backend in BACKENDS), r"\bjax"])
    named = {
        file: found
        for file, text in core.items()
        if (found := re.findall(rf"[\w.]*(?:{words})\w*", text, re.IGNORECASE))
    }
    assert not {file: found for file, found in named.items() if file not in NAMED_ON_PURPOSE}
    assert named.keys() >= NAMED_ON_PURPOSE.keys(), "take those that name nobody off the list"


@pytest.mark.parametrize("backend", [*BACKENDS, *PLUGINS], ids=lambda b: b.name)
def test_our_backends_import_what_third_parties_may(backend: Path):
    for file in python_files(backend / "src"):
        for name in imports(file.read_text("utf-8")):
            if name.startswith("isomorph."):
                assert name.split(".")[1] in PUBLIC, f"{file.name} imports {name}, which is private"


@pytest.mark.parametrize("folder", [*BACKENDS, *PLUGINS], ids=lambda b: b.name)
def test_backends_have_the_same_files(folder: Path):
    (package,) = (folder / "src").iterdir()
    names = {file.name for file in package.iterdir()}
    assert {
        "__init__.py",
        "plugin.py",
        "backend.py",
        "session.py",
        "devices.py",
        "py.typed",
    } <= names


SIBLINGS = {
    "engine.py": {"engine"},
    "devices.py": {"list_devices"},
    "failures.py": {"loading", "running"},
}
"""Functions that every backend of ours has under one name, by the file in which they stand."""


@pytest.mark.parametrize("file", SIBLINGS)
@pytest.mark.parametrize("backend", [*BACKENDS, ROOT / "plugins" / "jax"], ids=lambda b: b.name)
def test_siblings_have_the_same_words(backend: Path, file: str):
    (package,) = (backend / "src").iterdir()
    assert SIBLINGS[file] <= functions(package / file)


def test_the_template_has_the_words_of_our_backends():
    package = ROOT / "plugins" / "template" / "src" / "isomorph_template"
    assert SIBLINGS["devices.py"] <= functions(package / "devices.py")


def functions(file: Path) -> set[str]:
    """Names of the functions of a file, without those inside of classes."""
    body = ast.parse(file.read_text("utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


SHARED_TESTS = [
    *python_files(ROOT / "tests" / "parity"),
    *python_files(ROOT / "tests" / "families"),
    *python_files(ROOT / "tests" / "core"),
    *python_files(ROOT / "tests" / "kit"),
    *python_files(ROOT / "tests" / "export"),
    *python_files(ROOT / "tests" / "hostile"),
]

NAMED_IN_TESTS = {
    "core/test_import.py": "lists the libraries that importing must not load",
    "core/models/test_results.py": "asks for the tensors of that library",
    "core/postprocess/test_stored_token_vectors.py": "brings a tensor of that library",
    "parity/record.py": "lists the libraries whose versions it records",
}
"""Files in which a backend's name is that of a library."""


def test_shared_tests_name_no_backend():
    """A backend's name as a text of its own: what a test would compare or parametrise with."""
    backends = {backend.name for backend in BACKENDS}
    named = {
        str(file.relative_to(ROOT / "tests")): found
        for file in SHARED_TESTS
        if (found := texts(file.read_text("utf-8")) & backends)
    }
    assert not {file: found for file, found in named.items() if file not in NAMED_IN_TESTS}
    assert named.keys() >= NAMED_IN_TESTS.keys(), "take those that name nobody off the list"


def test_no_value_is_made_under_a_lock_of_its_class(core):
    """`functools.cached_property` has such a lock in Python 3.11, and a forked child waits for it."""
    assert not [file for file, text in core.items() if "cached_property" in names_imported(text)]


def test_what_these_tests_look_for_is_found():
    source = (
        "def f():\n    import torch.nn\n    from functools import cached_property\n    return 'a'\n"
    )
    assert imports(source) == {"torch.nn", "functools"}
    assert names_imported(source) == {"cached_property"}
    assert texts(source) == {"a"}
