"""Runs a program with the tree in place: ``python -m isomorph_dropin [--backend NAME] script.py …``.

``-m MODULE …`` runs a module. Processes that the program starts have the tree too.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

from isomorph_dropin.installing import VARIABLE, install

USAGE = "usage: python -m isomorph_dropin [--backend NAME] (SCRIPT | -m MODULE) [ARGUMENT …]"
CHILDREN = Path(__file__).parent / "children"
"""A folder with what Python runs in every child process before the program."""


def main(arguments: list[str]) -> None:
    """Runs the program that the arguments name, as Python itself would."""
    backend = None
    if len(arguments) > 1 and arguments[0] == "--backend":
        backend, arguments = arguments[1], arguments[2:]
    as_module = arguments[:1] == ["-m"]
    program = arguments[1:] if as_module else arguments
    if not program or program[0].startswith("-"):
        raise SystemExit(USAGE)
    install(backend)
    os.environ[VARIABLE] = backend or "auto"
    ways = [str(CHILDREN), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, ways))
    sys.argv = program
    if as_module:
        sys.path[0] = str(Path.cwd())
        runpy.run_module(program[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(program[0]).resolve().parent)
        runpy.run_path(program[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
