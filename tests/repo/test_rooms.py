"""The rooms of core: which packages import which, lazy imports and those for types included."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core" / "src" / "isomorph"
PUBLIC = {"__init__", "__main__", "contract", "errors", "hookspecs", "kinds", "util", "version"}
"""What users and plugin authors import or run; all lie at the root, the contract as a package."""


def name_of(file: Path) -> str:
    parts = file.relative_to(CORE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in sorted(CORE.rglob("*.py"))}


def room(module: str) -> str:
    """The package below core that a module is in; the module itself at the root."""
    return (*module.split("."), "")[1]


def imports(source: str) -> set[str]:
    """The modules of core that a source file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in full}
    return {name for name in found if name.partition(".")[0] == "isomorph"}


def graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """The rooms that each room imports."""
    edges: dict[str, set[str]] = {}
    for module, source in sources.items():
        own = room(module)
        edges.setdefault(own, set()).update(room(name) for name in imports(source))
        edges[own].discard(own)
    return edges


def test_no_rooms_import_each_other_in_a_circle():
    edges = graph({name: file.read_text("utf-8") for name, file in MODULES.items()})
    try:
        tuple(TopologicalSorter(edges).static_order())
    except CycleError as error:
        pytest.fail("a circle: " + " -> ".join(error.args[1]))


def test_a_lazy_import_and_one_for_types_make_a_circle_too():
    lazy = "def f():\n    from isomorph.read import plain\n"
    typed = "if TYPE_CHECKING:\n    from isomorph.models.base import BaseModel\n"
    found = graph({"isomorph.models.base": lazy, "isomorph.read.plain": typed})
    with pytest.raises(CycleError):
        tuple(TopologicalSorter(found).static_order())


def test_only_public_modules_lie_at_the_root():
    assert {file.stem for file in CORE.glob("*.py")} == PUBLIC - {"contract"}
    assert (CORE / "contract" / "__init__.py").is_file()


def test_the_architecture_names_every_room_and_no_other():
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    section = page.partition("## The rooms of core")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w./]+)` \| \S", section, re.MULTILINE)
    there = [f"{path.name}{'/' * path.is_dir()}" for path in CORE.iterdir()]
    assert rows == sorted(name for name in there if name != "__pycache__/")
