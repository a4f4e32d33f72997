"""Outcomes in one file: arrays as they are, the tree around them as JSON that names them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("expected.npz")
_TREE = "tree"


def save(outcomes: dict[str, dict[str, Any]]) -> None:
    """Writes all outcomes by the names of their calls."""
    arrays: dict[str, Any] = {}
    tree = {name: _without_arrays(each, arrays) for name, each in outcomes.items()}
    np.savez_compressed(FILE, **{_TREE: np.array(json.dumps(tree, sort_keys=True))}, **arrays)


def load() -> dict[str, dict[str, Any]]:
    """The outcomes by the names of their calls."""
    with np.load(FILE) as file:
        arrays = dict(file)
    tree = json.loads(str(arrays.pop(_TREE)))
    return {name: _with_arrays(each, arrays) for name, each in tree.items()}


def _without_arrays(node: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(node, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = node
        return {"array": name}
    if isinstance(node, dict):
        return {key: _without_arrays(value, arrays) for key, value in node.items()}
    return [_without_arrays(value, arrays) for value in node] if isinstance(node, list) else node


def _with_arrays(node: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        if node.keys() == {"array"}:
            return arrays[node["array"]]
        return {key: _with_arrays(value, arrays) for key, value in node.items()}
    return [_with_arrays(value, arrays) for value in node] if isinstance(node, list) else node
