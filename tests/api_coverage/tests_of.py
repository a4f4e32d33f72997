"""Where a name is tested: the test that the data names, or the first one that uses the name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .name import Name

TESTS = Path(__file__).parents[1]


@cache
def tests() -> dict[str, str]:
    """The source of every test function by its name as pytest writes it, from the folder tests/."""
    found = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        if file.parent != Path(__file__).parent:
            text = file.read_text("utf-8")
            for place, node in _functions(ast.parse(text)):
                source = ast.get_source_segment(text, node) or ""
                found[f"{file.relative_to(TESTS)}::{place}"] = source
    return found


def test_of(name: Name) -> str:
    """The test of a name, "" where there is none."""
    if name.test:
        return name.test if name.test in tests() else ""
    used = re.compile(rf"\b{name.name}\b")
    return next((place for place, source in tests().items() if used.search(source)), "")


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and each.name.startswith("test"):
                    yield f"{node.name}::{each.name}", each
