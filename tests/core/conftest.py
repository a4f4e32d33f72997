"""A small model folder that tests may damage."""

from __future__ import annotations

import json
import shutil
import socket
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


@pytest.fixture
def deny_network(monkeypatch: pytest.MonkeyPatch):
    """A switch after which every connection and every look-up of a name fails the test."""

    def refuse(*args: object, **_: object) -> None:
        pytest.fail(f"the network was used: {args}")

    def switch() -> None:
        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket.socket, "connect_ex", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)

    return switch
