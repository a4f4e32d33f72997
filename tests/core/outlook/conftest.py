from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub_models import files_of
from hub_server import HubServer

from isomorph.outlook import Outlook, outlook
from isomorph.resolve import Request


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A Hub without a model."""
    import huggingface_hub
    from huggingface_hub import constants

    for variable in ("HF_HUB_OFFLINE", "SENTENCE_TRANSFORMERS_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with HubServer() as server:
        yield server
        getattr(huggingface_hub, "close_session", lambda: None)()


@pytest.fixture
def ask(hub: HubServer, tmp_path: Path) -> Callable[..., Outlook]:
    """The outlook of a folder's files as those of ``org/name``."""

    def ask(folder: Path | None = None, name: str = "org/name", **asked) -> Outlook:
        if folder is not None:
            hub.add(name, files_of(folder))
        options = {key: asked.pop(key) for key in ("revision", "token") if key in asked}
        request = Request(endpoint=hub.url, cache_folder=tmp_path / "hub", **options)
        return outlook(name, request=request, **asked)

    return ask
