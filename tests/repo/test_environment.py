"""The page of environment variables names those that the code reads, and no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "environment.md"
OURS = re.compile(r"ISOMORPH_[A-Z_]+|SENTENCE_TRANSFORMERS_HOME|HF_HUB_OFFLINE")


def read_by_the_code() -> set[str]:
    """Names that stand alone in a text of the sources: constants, and what is asked of os.environ."""
    places = ("core", "benchmarks", "backends/*", "plugins/*")
    files = [file for place in places for file in ROOT.glob(f"{place}/src/**/*.py")]
    return {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and OURS.fullmatch(str(node.value))
    }


def test_the_page_names_what_is_read():
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert {re.match(r"\| `(\w+)`", row)[1] for row in rows} == read_by_the_code()
