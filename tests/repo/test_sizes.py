"""Small files with one idea: the limits of CONTRIBUTING, held."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "src" / "isomorph"
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FILE = 500, 50, 200
SOURCES = [
    file
    for place in ("core/src", "backends", "plugins", "benchmarks", "tests")
    for file in sorted((ROOT / place).rglob("*.py"))
]


def lines(file: Path) -> int:
    return len(file.read_text("utf-8").splitlines())


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef, source: list[str]) -> int:
    """Lines of code of a function: without its docstring, blank lines and comments."""
    first = node.body[0]
    start = node.lineno
    skipped = 0
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        skipped = (first.end_lineno or first.lineno) - first.lineno + 1
    code = source[start - 1 : node.end_lineno]
    empty = sum(1 for line in code if not line.strip() or line.strip().startswith("#"))
    return len(code) - skipped - empty


def test_no_file_is_long_and_most_are_short():
    sizes = {str(file.relative_to(ROOT)): lines(file) for file in SOURCES}
    assert {name: n for name, n in sizes.items() if n > LONGEST_FILE} == {}
    assert median(sizes.values()) < MEDIAN_FILE


def test_no_function_is_long():
    found = {}
    for file in SOURCES:
        text = file.read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = body_lines(node, text.splitlines())
                if size > LONGEST_FUNCTION:
                    found[f"{file.relative_to(ROOT)}:{node.name}"] = size
    assert found == {}


def test_no_file_is_called_utils():
    vague = re.compile(r"util|helper|manager|common|misc")
    public = {CORE / "util.py"}  # re-exports under the name that programs import from
    assert [file.name for file in SOURCES if vague.search(file.stem) and file not in public] == []
