"""How a module of this package starts in an environment that may not hold this package.

The environment of a peer is its own, and nothing of ours may be found there: a folder of installed packages
on its path would bring our versions of its libraries along. So the command makes this package alone known.
"""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
_CLONE = PACKAGE.parents[2]
CLONE = _CLONE if (_CLONE / "workspace.txt").is_file() else None
"""The root of the repository where this package lies in one; None where it is installed."""
KNOWN = (
    "import runpy, sys, types; package = types.ModuleType('isomorph_bench'); "
    "package.__path__ = [sys.argv.pop(1)]; sys.modules['isomorph_bench'] = package; "
)


def command(module: str, python: str = "", alone: bool = False) -> tuple[str, ...]:
    """The program that runs `module`, such as ``"race.worker"``; its arguments come behind.

    With `alone` variables such as PYTHONPATH and the working folder are not looked at.
    """
    run = f"runpy.run_module('{PACKAGE.name}.{module}', run_name='__main__', alter_sys=True)"
    return _program(run, python, alone)


def call(module: str, function: str, python: str = "", alone: bool = False) -> tuple[str, ...]:
    """The program that calls a function of `module` with arguments by name, in JSON, that come behind."""
    run = (
        f"import json; from {PACKAGE.name}.{module} import {function}; "
        f"{function}(**json.loads(sys.argv[1]))"
    )
    return _program(run, python, alone)


def _program(run: str, python: str, alone: bool) -> tuple[str, ...]:
    flags = ("-E", "-P") if alone else ()
    return (python or sys.executable, *flags, "-c", KNOWN + run, str(PACKAGE))
