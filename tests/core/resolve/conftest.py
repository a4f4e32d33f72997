from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hub_models import MODEL
from hub_server import HubServer


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A Hub with one model, ``org/name``."""
    import huggingface_hub
    from huggingface_hub import constants

    for variable in ("HF_HUB_OFFLINE", "SENTENCE_TRANSFORMERS_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with HubServer() as server:
        server.add("org/name", MODEL)
        yield server
        getattr(huggingface_hub, "close_session", lambda: None)()


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
