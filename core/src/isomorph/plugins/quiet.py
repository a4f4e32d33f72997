"""What importing a plugin changes of a process: looked at in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LONGEST = 120.0
"""Seconds for an import, on a machine with other work too."""

_LOOK = """
import json, sys
given = json.loads(sys.argv[1])
sys.path[:] = given["path"]
import decimal, gc, importlib, io, locale, logging, os, signal, socket, threading, warnings
import numpy
import isomorph.plugins.discovery

def plainly(values):
    return {str(name): repr(value) for name, value in values.items()}

def settings():
    logger = logging.getLogger()
    return {
        "numpy.seterr": plainly(numpy.geterr()),
        "numpy's print options": plainly(numpy.get_printoptions()),
        "numpy's random numbers": repr(numpy.random.get_state()),
        "the filters of warnings": list(map(str, warnings.filters)),
        "the locale": locale.setlocale(locale.LC_ALL),
        "the environment": dict(os.environ),
        "the working folder": os.getcwd(),
        "threads that run": sorted(str(thread.ident) for thread in threading.enumerate()),
        "signal handlers": {
            number.name: repr(signal.getsignal(number)) for number in signal.Signals
        },
        "sys.path": list(sys.path),
        "hooks of sys": plainly(
            {name: getattr(sys, name) for name in ("excepthook", "displayhook", "unraisablehook")}
        ),
        "hooks of threading": repr(threading.excepthook),
        "the limit of recursion": sys.getrecursionlimit(),
        "the switch interval": sys.getswitchinterval(),
        "garbage collection": [gc.isenabled(), gc.get_threshold()],
        "the root logger": [logger.level, list(map(repr, logger.handlers)), logging.root.disabled],
        "sockets' timeout": socket.getdefaulttimeout(),
        "decimal's context": repr(decimal.getcontext()),
    }

def difference(before, after):
    if not isinstance(after, dict):
        return ""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return " (" + ", ".join(names) + ")"

before, out = settings(), sys.stdout
known = {name.partition(".")[0] for name in sys.modules}
sys.stdout = io.StringIO()
for name in given["modules"]:
    importlib.import_module(name)
said, sys.stdout = sys.stdout.getvalue(), out
new = {name.partition(".")[0] for name in sys.modules} - known
after = settings()
changed = [what + difference(before[what], after[what]) for what in after if after[what] != before[what]]
changed += ["what stands on stdout"] if said else []
print(json.dumps([sorted(new & set(given["engines"])), changed]))
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What importing some modules did."""

    engines: tuple[str, ...] = ()
    """Those of the engines that were imported too."""
    changed: tuple[str, ...] = ()
    """What is another now, such as ``"the environment (OMP_NUM_THREADS)"``."""
    failure: str = ""
    """What the process said, where the import ended it."""


def looked(modules: Sequence[str], engines: Iterable[str] = ()) -> Looked:
    """Imports modules in a fresh process that finds what this one finds, and compares before and after."""
    given = {"modules": list(modules), "engines": list(engines), "path": sys.path}
    command = [sys.executable, "-c", _LOOK, json.dumps(given)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        return Looked(failure=f"it did not end within {_LONGEST:g} s")
    try:
        new, changed = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return Looked(failure=done.stderr or f"it ended the process with {done.returncode}")
    return Looked(tuple(new), tuple(changed))
