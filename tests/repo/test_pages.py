"""The walkthrough is a program: its blocks run in order and print what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "walkthrough.md"
BLOCK = re.compile(r"```(python|text)\n(.*?)```", re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE.read_text("utf-8")) if found == kind]


def test_the_page_prints_what_it_shows():
    program = "\n".join(blocks("python"))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "".join(blocks("text"))


def test_the_page_keeps_its_promise_of_length():
    lines = [line for block in blocks("python") for line in block.splitlines() if line.strip()]
    assert len(lines) <= 120


def test_every_file_that_the_page_names_exists():
    root = PAGE.parents[1]
    core = root / "core" / "src" / "isomorph"
    named = re.findall(r"`([\w/*]+(?:\.py|/)|plugins/\w+|backends/\w+)`", PAGE.read_text("utf-8"))
    assert named
    for name in named:
        assert any(core.glob(name.rstrip("/"))) or (root / name).exists(), name
