"""Classes of a folder's own whose computation is known all the same, so that their code need not run.

Two kinds are: a class whose text says that it adds nothing to one of the library's, and ``Transformer`` in
``custom_st.py`` over an architecture that a family was made after. Nothing is imported to find out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from isomorph.encoders.published import is_published, task_options
from isomorph.files.module_folder import ModuleFolder
from isomorph.modules.custom import code_file
from isomorph.modules.transformer import KIND

_TRANSFORMER = "custom_st.Transformer"
"""What authors call their class that tokenises and runs AutoModel, as the library's Transformer does."""
_LIMIT = 1 << 18
"""Characters of a file that is looked into."""
_HARMLESS = (ast.Import, ast.ImportFrom)


def stands_for(source: ModuleFolder) -> str | None:
    """The class of the library that a class of the folder's own computes as; None where that is not known."""
    place = code_file(source)
    if place is None:
        return None
    if source.type == _TRANSFORMER and _is_known(source.config("config.json")):
        return KIND.classes[0]
    file, _, name = source.type.partition(".")
    return inherited(source.folder.text(place, f"{file}.py", errors="replace") or "", name)


def _is_known(config: Mapping[str, Any]) -> bool:
    """Whether a family was made after the code that computes what this class hands on."""
    named = config.get("auto_map")
    code = named.get("AutoModel") if isinstance(named, dict) else None
    if isinstance(code, str):
        return is_published(config, code)
    return bool(task_options(config))


def inherited(text: str, name: str) -> str | None:
    """The reference of the one class that a class inherits from, if that is all the file does.

    Beside imports and texts the file may hold that class alone, whose body is empty but for a text.
    """
    try:
        tree = ast.parse(text) if len(text) <= _LIMIT else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    body = [] if tree is None else [each for each in tree.body if not _is_text(each)]
    classes = [each for each in body if not isinstance(each, _HARMLESS)]
    if len(classes) != 1 or not isinstance(classes[0], ast.ClassDef):
        return None
    own = classes[0]
    empty = all(isinstance(each, ast.Pass) or _is_text(each) for each in own.body)
    if own.name != name or own.keywords or own.decorator_list or len(own.bases) != 1 or not empty:
        return None
    imported = dict(_imported(body))
    head, *rest = _dotted(own.bases[0])
    return ".".join((imported[head], *rest)) if head in imported else None


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _imported(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """The names that imports give, and what they mean."""
    for each in body:
        if isinstance(each, ast.Import):
            for alias in each.names:
                whole = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (whole, whole)
        elif isinstance(each, ast.ImportFrom) and not each.level:
            yield from ((a.asname or a.name, f"{each.module}.{a.name}") for a in each.names)


def _dotted(node: ast.expr) -> list[str]:
    """The parts of ``a.b.c``; one empty part for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [*reversed([*parts, node.id])] if isinstance(node, ast.Name) else [""]
