"""Writes ``inside.json``: names of the real library that the tree does not have, by module.

    python plugins/dropin/clients/inside.py

Runs in the environment of `suite`, where the real library is installed.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from environments import python_of
from run import SOURCES

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "src/isomorph_dropin/inside.json"
LISTING = """
import importlib, json, pkgutil, types, warnings
warnings.simplefilter("ignore")
from isomorph_dropin.tree import ALIASES, homes, packages
import sentence_transformers

OF_OTHERS = (types.ModuleType, types.NoneType, bool)
found = {}
for each in pkgutil.walk_packages(sentence_transformers.__path__, "sentence_transformers."):
    module = importlib.import_module(each.name)
    if each.name != module.__name__ or each.name in ALIASES:
        continue
    own = []
    for name, value in vars(module).items():
        home = getattr(value, "__module__", None)
        made = isinstance(value, type | types.FunctionType) or home == "typing" and callable(value)
        alias = "Alias" in type(value).__name__
        ours = home == each.name if made and not alias else True
        plain = isinstance(value, str) and not name.startswith("_")
        if name.startswith("__") or isinstance(value, OF_OTHERS) or plain or not ours:
            continue
        if "Special" in type(value).__name__ or name in ("logger", "annotations") or name in homes(each.name):
            continue
        own.append(name)
    if own or each.name not in packages():
        found[each.name] = sorted(own)
print(json.dumps(found, indent=1))
"""


def main() -> None:
    """Asks the real library."""
    ways = os.pathsep.join(map(str, SOURCES))
    python = python_of(HERE / "suite.py")
    listed = subprocess.run(
        [python, "-c", LISTING],
        env={**os.environ, "PYTHONPATH": ways},
        check=True,
        capture_output=True,
        text=True,
    )
    TARGET.write_text(listed.stdout, "utf-8")


if __name__ == "__main__":
    main()
