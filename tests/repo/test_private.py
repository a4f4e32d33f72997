"""What begins with an underscore belongs to the package that it is defined in."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "src" / "isomorph"
OWN = {"self", "cls"}
BY_NAME = {"getattr", "setattr", "hasattr"}

REASONS: dict[str, str] = {
    "_getframe": "sys's own name of it: who calls is asked of no other function",
    "_exit": "os's own name of it: a process that is lost ends without more ado",
    "_children": "multiprocessing waits for these at exit, and a forked child has none of them",
    "_is_owned": "threading asks a lock of its own so, and a fork must not wait for itself",
    "_replace": "the public method of every named tuple, whose fields have the plain names",
    "_inheriting": "multiprocessing says nowhere else that this is a worker that runs the program",
}
"""Private names of others that we use, and why."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def room(file: Path) -> str:
    """The package below core that a file is in; the file itself at the root."""
    return file.relative_to(CORE).parts[0]


def defined(tree: ast.AST) -> Iterator[str]:
    """Private names that a file gives to anything: functions, classes, attributes of its own objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in OWN:
                yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def used(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Private names that a file takes from what is not `self`: attributes, and names that it imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield from [] if ast.unparse(node.value) in OWN else [(node.lineno, node.attr)]
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if is_private(alias.name):
                    yield node.lineno, alias.name
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BY_NAME:
            names = [each.value for each in node.args if isinstance(each, ast.Constant)]
            yield from ((node.lineno, str(name)) for name in names if is_private(str(name)))


def trespasses(sources: dict[Path, str]) -> dict[str, list[str]]:
    """Where a private name is used that its own package does not define."""
    trees = {file: ast.parse(source) for file, source in sources.items()}
    own: dict[str, set[str]] = defaultdict(set)
    for file, tree in trees.items():
        own[room(file)].update(filter(is_private, defined(tree)))
    found: dict[str, list[str]] = defaultdict(list)
    for file, tree in trees.items():
        for line, name in used(tree):
            if name not in own[room(file)]:
                found[name].append(f"{file.relative_to(CORE)}:{line}")
    return dict(found)


def test_no_package_touches_private_names_of_another():
    found = trespasses({file: file.read_text("utf-8") for file in sorted(CORE.rglob("*.py"))})
    assert {name: places for name, places in found.items() if name not in REASONS} == {}
    assert sorted(set(REASONS) - set(found)) == []


def test_an_attribute_of_an_object_of_another_package_is_found():
    sources = {
        CORE
        / "runtime"
        / "loaded.py": "class L:\n    def __init__(self):\n        self._routing = 1\n",
        CORE / "saving" / "save.py": "def save(model):\n    return model._routing\n",
        CORE / "parts" / "part.py": "def of(model):\n    return getattr(model, '_routing')\n",
        CORE / "runtime" / "near.py": "def near(model):\n    return model._routing\n",
    }
    assert trespasses(sources) == {"_routing": ["saving/save.py:2", "parts/part.py:2"]}
