from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_uploads import UploadHub

from isomorph import SentenceTransformer

SOURCE = Path(__file__).parents[2] / "parity" / "models" / "bert-mean"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[UploadHub]:
    """A Hub without models, which this process takes for the real one; no waiting between tries."""
    import huggingface_hub
    from huggingface_hub import constants

    for variable in ("HF_HUB_OFFLINE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr("time.sleep", lambda _: None)
    with UploadHub() as server:
        files = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, server.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", files)
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        yield server
        getattr(huggingface_hub, "close_session", lambda: None)()


@pytest.fixture
def folder(tmp_path):
    """A copy of a small model."""
    return Path(shutil.copytree(SOURCE, tmp_path / "source"))


@pytest.fixture
def model(folder):
    """It, loaded."""
    return SentenceTransformer(folder, backend="reference")
