"""A name of a package is no file of it as well: whoever imports the file first would find that instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("core", "backends", "plugins", "benchmarks")
PACKAGES = sorted(file for place in PLACES for file in ROOT.glob(f"{place}/**/src/**/__init__.py"))


def late(tree: ast.Module, package: str, own: set[str]) -> Iterator[str]:
    """Names of files that the package gives to something which its own import does not put in their place."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in own:
            yield node.name
        if isinstance(node, ast.ImportFrom):
            behind = (node.module or "").rpartition(".")[2]
            if behind != package:  # else the files themselves
                yield from ({each.asname or each.name for each in node.names} & own) - {behind}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = (each.value for each in node.keys if isinstance(each, ast.Constant))
            yield from (key for key in keys if key in own)


@pytest.mark.parametrize("file", PACKAGES, ids=lambda file: file.parent.name)
def test_no_name_of_a_package_is_a_file_that_may_be_imported_first(file):
    own = {each.stem for each in file.parent.glob("*.py")} | {
        each.parent.name for each in file.parent.glob("*/__init__.py")
    }
    tree = ast.parse(file.read_text("utf-8"))
    assert not sorted(late(tree, file.parent.name, own))


def test_a_function_with_the_name_of_a_file_is_found():
    tree = ast.parse(
        "def keeper(): ...\nHOMES = {'packed': 'a.packed'}\nfrom a.width import width\n"
    )
    assert sorted(late(tree, "a", {"keeper", "packed", "width"})) == ["keeper", "packed"]
