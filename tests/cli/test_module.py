"""``python -m isomorph`` is the command ``isomorph``, where no script is on the path."""

from __future__ import annotations

import subprocess
import sys

import pytest

from isomorph.version import __version__


@pytest.mark.parametrize("module", ["isomorph", "isomorph.cli"])
@pytest.mark.parametrize("words", [["--version"], ["embed", "--help"], ["no-such-command"]])
def test_a_module_is_the_same_door(module, words):
    command = [sys.executable, "-W", "error", "-m", module, *words]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    said = done.stdout + done.stderr
    assert done.returncode == (2 if words == ["no-such-command"] else 0), said
    assert f"isomorph {__version__}" in said if words == ["--version"] else "isomorph" in said
    assert "__main__" not in said
