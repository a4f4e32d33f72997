"""What is known about a kind of module stands in its own file: no other file of core names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from isomorph.builtin import isomorph_modules

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "src" / "isomorph"
KINDS = {kind.name for kind in isomorph_modules()}
HOMES = ("modules", "testing", "starters")
"""Where kinds are described, the kit's tiny models are, and projects of plugins begin."""
CLASS = re.compile(r"(sentence_transformers|pylate)\.[\w.]*[A-Z]\w*")

COINCIDENCES = {
    # file: the words in it that are names of kinds too, and what they mean there
    "arguments/rules.py": {"pooling": "an argument"},
    "card/data.py": {"dense": "a tag of the Hub"},
    "cli/run.py": {"normalize": "an option"},
    "encoders/families/deberta_v2.py": {"dense": "a tensor", "layer_norm": "a part of an option"},
    "encoders/families/electra.py": {"dense": "a tensor"},
    "encoders/families/eurobert.py": {"dense": "a tensor"},
    "encoders/families/llama.py": {"pooling": "an option"},
    "encoders/families/phi.py": {"dense": "a tensor"},
    "encoders/families/rembert.py": {"dense": "a tensor"},
    "encoders/hearing/families/wav2vec2.py": {"layer_norm": "a tensor"},
    "encoders/hearing/families/whisper.py": {"layer_norm": "a tensor"},
    "encoders/families/gte.py": {"layer_norm": "a value of an option"},
    "encoders/families/mobilebert.py": {"layer_norm": "a value of an option"},
    "encoders/families/neobert.py": {"layer_norm": "a tensor"},
    "encoders/families/nomic_bert.py": {"layer_norm": "a part of an option"},
    "evaluation/reciprocal_rank_fusion.py": {"dense": "a ranking"},
    "evaluation/mteb.py": {"custom": "a word of mteb"},
    "parts/kinds.py": {"dropout": "a key of a file"},
    "parts/weighed.py": {"dropout": "a key of a file", "normalize": "a key of a file"},
    "parts/words.py": {"word_weights": "a key of a file"},
    "preprocess/heads.py": {"dropout": "a key of a file"},
    "preprocess/seams.py": {"dropout": "a key of a file"},
    "preprocess/words.py": {"bow": "a way to make words"},
    "primitives/ops/__init__.py": {"layer_norm": "a primitive", "lstm": "a primitive"},
    "primitives/ops/nn.py": {"layer_norm": "a primitive"},
    "primitives/ops/recurrent.py": {"lstm": "a primitive"},
    "read/model2vec.py": {"normalize": "a key of a file"},
}

SAID_BY_BACKENDS: dict[str, set[str]] = {
    # file: the words in it that are names of kinds too
    "emit.py": {"layer_norm", "lstm"},  # primitives
    "passing.py": {"multi_vector_mask", "token_pooling"},  # which torch passes over
}


def named(source: str) -> set[str]:
    """The kinds and classes that a file names, but for the keys of what `Module.config` holds."""
    tree = ast.parse(source)
    keys = {id(node.slice) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    keys |= {
        id(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and node.args
    }
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in keys
    }
    return {text for text in texts if text in KINDS or CLASS.fullmatch(text)}


FILES = [
    str(file.relative_to(CORE))
    for file in sorted(CORE.rglob("*.py"))
    if file.relative_to(CORE).parts[0] not in HOMES
]


@pytest.mark.parametrize("file", FILES)
def test_no_file_names_a_kind_of_module_but_its_own(file):
    assert named((CORE / file).read_text("utf-8")) == set(COINCIDENCES.get(file, ()))


BACKENDS = sorted((ROOT / "backends").glob("*/src/*/**/*.py"))


@pytest.mark.parametrize("file", BACKENDS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_no_file_of_a_backend_names_a_kind_of_module_but_its_own(file):
    """The layers of a kind, where a backend has some, lie in a file with the name of the kind."""
    found = named(file.read_text("utf-8")) - SAID_BY_BACKENDS.get(file.name, set())
    assert found <= ({file.stem} if file.parent.name == "modules" else set())


@pytest.mark.parametrize(
    "source",
    [
        "module.kind == 'pooling'",
        "KINDS = {'dense': 1}",
        "Module('normalize', name)",
        "class_of = 'sentence_transformers.models.Pooling'",
    ],
)
def test_a_name_of_a_kind_is_found_wherever_it_stands(source):
    assert named(source)


def test_a_key_of_a_configuration_is_no_name_of_a_kind():
    assert not named("module.config['transformer'], config.get('transformer', {})")


@pytest.mark.parametrize("file", sorted(CORE.glob("modules/*.py")), ids=lambda file: file.stem)
def test_a_file_of_kinds_names_its_own_alone(file):
    keys = {"normalize", "dropout", "word_weights", "transformer"}  # of settings too
    found = named(file.read_text("utf-8")) - keys
    assert {text for text in found if not CLASS.fullmatch(text)} <= {file.stem}
