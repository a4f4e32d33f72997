"""A small model folder that tests may damage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from isomorph import installed
from isomorph.errors import BackendError
from isomorph.testing.suite import skip

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


@pytest.fixture(params=[info.name for info in installed().infos])
def backend(request):
    """Each installed backend whose engine works here."""
    try:
        installed().backend(request.param).devices()
    except BackendError as reason:
        skip(request.param, reason)
    return request.param
