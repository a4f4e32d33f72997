"""Children by fork, each with a time limit; none outlives its test."""

from __future__ import annotations

import os
import signal
import time
import warnings

SECONDS = 120
"""Longer than anything here may take on a machine that stands still for a while."""


def in_child(function):
    """What `function` gives in a forked child, as text; its exception's type and message; or "hangs"."""
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns where there are threads
        child = os.fork()
    if not child:
        try:
            said = str(function())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(theirs, said.encode())
        os._exit(0)
    os.close(theirs)
    try:
        return _heard(child, ours)
    finally:
        os.close(ours)


def _heard(child, pipe):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.read(pipe, 1 << 16).decode() if status == 0 else f"ended with {status}"
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hangs"
