"""Runs cases in a process of their own, with limits that the system holds.

A case may take `SECONDS` of a processor, `BYTES` of memory beyond what the process had before, and
`PATIENCE` seconds on the clock. The system ends a process that wants more, and the next process
goes on behind the case that ended it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

SECONDS = 30
BYTES = 1 << 30
PATIENCE = 240

Result = Mapping[str, Any]
Run = Callable[[str, Path], Mapping[str, Any]]
"""From the name of a case and an empty folder to what came of it."""


def in_processes(names: Sequence[str], run: Run, folder: Path) -> Iterator[Result]:
    """One result a case; one that ended its process says by which signal."""
    left = list(names)
    while left:
        with tempfile.TemporaryFile("w+") as stream:
            child = os.fork()
            if not child:
                _child(left, run, folder, stream)
            _, status = os.waitpid(child, 0)
            stream.seek(0)
            told = [json.loads(line) for line in stream if line.endswith("\n")]
        done = [one for one in told if "outcomes" in one]
        yield from done
        left = left[len(done) :]
        if left and len(told) == 2 * len(done) + 1:
            how = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "an exit"
            yield {"case": left[0], "outcomes": {"process": {"ended": how}}}
            left = left[1:]
        elif left:
            raise RuntimeError(f"A process ended with status {status} between two cases.")


def _child(names: Sequence[str], run: Run, folder: Path, stream: IO[str]) -> None:
    """Never returns."""
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _quiet()
        for name in names:
            print(json.dumps({"begun": name}), file=stream, flush=True)
            place = Path(tempfile.mkdtemp(prefix="case-", dir=folder))
            _limit()
            outcomes = run(name, place)
            print(json.dumps({"case": name, "outcomes": outcomes}), file=stream, flush=True)
            shutil.rmtree(place, ignore_errors=True)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _quiet() -> None:
    """Engines say what they think on streams that nobody reads."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, sys.stdout.fileno())
    warnings.simplefilter("always")


def _limit() -> None:
    """Limits for one case more, from what the process has used so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(usage.ru_utime + usage.ru_stime) + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_DATA, (_held() + BYTES, resource.RLIM_INFINITY))
    signal.alarm(PATIENCE)


def _held() -> int:
    """Bytes of private writable memory, which is what the limit counts: mapped files are none."""
    status = Path("/proc/self/status").read_text("ascii")
    kilobytes = next(line for line in status.splitlines() if line.startswith("VmData"))
    return int(kilobytes.split()[1]) * 1024
