"""A small model folder that tests may damage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "parity" / "models" / "long-chain"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SOURCE, tmp_path / "model"))


@pytest.fixture
def edit(folder):
    """Changes keys of a JSON object in the folder."""

    def change(name, **changes):
        path = folder / name
        content = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        path.write_text(json.dumps({**content, **changes}), "utf-8")

    return change
