"""Loading connects to nothing where it need not or must not, on every backend, up to the vectors."""

from __future__ import annotations

import huggingface_hub
import pytest
from hub_models import files_of

from isomorph import SentenceTransformer
from isomorph.card import make_card
from isomorph.errors import ModelNotFound

TEXTS = ["one text", "another one"]


@pytest.fixture
def cached(hub, folder, tmp_path):
    """The arguments that find a model in a cache that holds all of it."""
    hub.add("org/name", files_of(folder))
    found = {"model_name_or_path": "org/name", "cache_folder": str(tmp_path / "hub")}
    SentenceTransformer(**found, backend="reference")
    getattr(huggingface_hub, "close_session", lambda: None)()  # an open connection needs no other
    hub.requests.clear()
    return found


def used(model):
    """Everything that a user may do with it offline."""
    assert model.encode(TEXTS).shape == (2, model.get_embedding_dimension())
    assert make_card(model)
    model.close()


def test_a_folder_is_loaded_without_a_connection(folder, backend, deny_network):
    deny_network()
    used(SentenceTransformer(folder, backend=backend))


def test_local_files_only(cached, hub, backend, deny_network):
    deny_network()
    used(SentenceTransformer(**cached, backend=backend, local_files_only=True))
    cached["model_name_or_path"] = "org/other"
    with pytest.raises(ModelNotFound, match="local_files_only=True"):
        SentenceTransformer(**cached, backend=backend, local_files_only=True)
    assert hub.requests == []


def test_the_offline_variable(cached, hub, backend, deny_network, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    deny_network()
    used(SentenceTransformer(**cached, backend=backend))
    cached["model_name_or_path"] = "org/other"
    with pytest.raises(ModelNotFound, match="HF_HUB_OFFLINE is set"):
        SentenceTransformer(**cached, backend=backend)
    assert hub.requests == []


def test_a_cached_commit(cached, hub, backend, deny_network):
    deny_network()
    commit = hub.repos["org/name"].refs["main"]
    used(SentenceTransformer(**cached, backend=backend, revision=commit))


def test_the_switch_itself_works(cached, deny_network):
    deny_network()
    with pytest.raises(pytest.fail.Exception, match="the network was used"):
        SentenceTransformer(**cached, backend="reference")
