"""A few inputs of every fuzz target, always the same ones; `make fuzz` goes on from there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hostile.targets import NAMES

ROUNDS = 30
TESTS = Path(__file__).resolve().parents[1]


def test_readers_meet_random_files_with_errors_of_ours_alone():
    path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-W", "ignore", "-m", "hostile.fuzz", "all"]
    done = subprocess.run(
        [*command, "--rounds", str(ROUNDS)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2_000:]
    assert done.stdout.count(" 0 findings") == len(NAMES)
