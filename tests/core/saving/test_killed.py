"""A process that is killed while it saves leaves the old folder or the new one, whole."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from isomorph import SentenceTransformer

from .folders import PARITY

LONG, OLD = PARITY / "models" / "long-chain", PARITY / "models" / "bert-mean"
CODE = """
import os, signal, sys
import isomorph.machine.exchange as exchange, shutil
from isomorph import SentenceTransformer
name, count, when = sys.argv[3], int(sys.argv[4]), sys.argv[5]
owner = {"copyfileobj": shutil, "fsync": os, "exchange": exchange, "rmtree": shutil, "rename": os}[name]
honest, calls = getattr(owner, name), 0
def wrapped(*args, **kwargs):
    global calls
    calls += 1
    if calls == count and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = honest(*args, **kwargs)
    if calls == count:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
model = SentenceTransformer(sys.argv[1], backend="reference")
model.prompts["query"] = "new"
setattr(owner, name, wrapped)
model.save(sys.argv[2])
"""
POINTS = [
    ("copyfileobj", 1, "before", "old"),
    ("copyfileobj", 3, "after", "old"),
    ("fsync", 1, "before", "old"),
    ("fsync", 5, "after", "old"),
    ("exchange", 1, "before", "old"),
    ("exchange", 1, "after", "new"),
    ("rmtree", 1, "before", "new"),
]


@pytest.mark.parametrize(("name", "count", "when", "left"), POINTS)
def test_killed(name, count, when, left, tmp_path):
    target = tmp_path / "model"
    SentenceTransformer(OLD, backend="reference").save(target)
    (target / "notes.txt").write_text("mine")
    command = [sys.executable, "-c", CODE, str(LONG), str(target), name, str(count), when]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    found = SentenceTransformer(target, backend="reference")
    assert (found.prompts["query"] == "new") == (left == "new")
    source = SentenceTransformer(LONG if left == "new" else OLD, backend="reference")
    assert (found.encode(["a"], prompt="") == source.encode(["a"], prompt="")).all()
    assert (target / "notes.txt").read_text() == "mine"
    found.save(target)  # and the next one cleans up
    assert list(tmp_path.iterdir()) == [target]
