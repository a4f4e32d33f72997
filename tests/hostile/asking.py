"""The other end of `hostile.serve`: asks a server for the results of cases, and ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.machine.cpu import THREADS_VARIABLE

_TESTS = Path(__file__).resolve().parents[1]
_ONE_THREAD = (THREADS_VARIABLE, "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Server:
    """A process that runs cases."""

    process: subprocess.Popen[str]

    def ask(self, **question: Any) -> Any:
        """The answer to a question; see `hostile.serve`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the server of hostile folders ended with {self.process.wait()}"
        return json.loads(answer)


@contextmanager
def server() -> Iterator[Server]:
    """A server, which is gone afterwards with all that it started."""
    # Each case has few texts: threads would only stand in each other's way, and cannot be forked.
    variables = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "HF_HUB_OFFLINE": "1"}
    paths = [str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables["PYTHONPATH"] = os.pathsep.join(paths)
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "hostile.serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=variables,
    ) as process:
        try:
            yield Server(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
