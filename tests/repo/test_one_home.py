"""What is known about a family of encoders stands in its own file, and nowhere else by name."""

from __future__ import annotations

import ast
from pathlib import Path

from isomorph.encoders.describe import families
from isomorph.encoders.towers import tower_families

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "src" / "isomorph"
HOMES = tuple(
    CORE / "encoders" / room for room in ("families", "vision/families", "hearing/towers")
)
ELSEWHERE = {
    ("core/src/isomorph/preprocess/tokenizer_classes.py", "clip"): "its tokenizer is known by name",
    ("core/src/isomorph/resolve/names.py", "gpt2"): "the name of a model on the Hub",
    ("core/src/isomorph/testing/tiny_encoders.py", "bert"): "the plain encoder of the kit",
    ("core/src/isomorph/testing/recipes.py", "roberta"): "the name of a tiny model",
    ("core/src/isomorph/preprocess/messages/reading.py", "seed_oss"): "its messages are flat",
    ("core/src/isomorph/testing/recipes.py", "llama"): "a plain decoder under the kit's module",
}
"""Where the name of a family stands outside of its file, and why."""
NAMES = (set(families()) | set(tower_families())) - {"new"}
"""Those that are no words of English."""


def literals(file: Path) -> set[str]:
    """The texts in a file that are no docstrings."""
    tree = ast.parse(file.read_text("utf-8"))
    said = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    texts = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in said)
    return {node.value for node in texts if isinstance(node.value, str)}


def words(file: Path) -> set[str]:
    """The texts of a file, and the words of those that are lists of words."""
    found = literals(file)
    return found | {word for text in found if "," not in text for word in text.split()}


def sources():
    yield from (file for file in CORE.rglob("*.py") if file.parent not in HOMES)
    yield from (ROOT / "backends").glob("*/src/**/*.py")


def test_no_file_names_a_family_but_its_own():
    found = {
        (file.relative_to(ROOT).as_posix(), name)
        for file in sources()
        for name in words(file) & NAMES
    }
    assert found == set(ELSEWHERE)


def test_a_list_of_words_is_looked_through(tmp_path):
    file = tmp_path / "table.py"
    file.write_text('"""Of bert."""\nTABLE = frozenset("mpnet roberta".split())\n')
    assert words(file) & {"bert", "mpnet", "roberta"} == {"mpnet", "roberta"}
