import sys
from importlib import import_module
from types import ModuleType, SimpleNamespace

import pytest
import torch

from isomorph.errors import InputError, Unsupported


@pytest.fixture(scope="module")
def engines(whole_tree):
    return import_module("sentence_transformers.sparse_encoder.search_engines")


class Client:
    """Answers like a client of Elasticsearch: a document's score is the sum of weights of equal words."""

    def __init__(self, url):
        self.url, self.kept, self.asked = url, {}, []
        self.indices = SimpleNamespace(create=lambda **_: None, refresh=lambda **_: None)

    def search(self, index, body):
        self.asked.append(body)
        wanted = [each["rank_feature"] for each in body["query"]["bool"]["should"]]
        scores = {
            place: sum(
                w["boost"] * tokens.get(w["field"].removeprefix("tokens."), 0) for w in wanted
            )
            for place, tokens in self.kept.items()
        }
        best = sorted(scores, key=scores.get, reverse=True)[: body["size"]]
        return {"hits": {"hits": [{"_id": place, "_score": scores[place]} for place in best]}}


@pytest.fixture
def client(monkeypatch):
    package, below = ModuleType("elasticsearch"), ModuleType("elasticsearch.helpers")
    package.Elasticsearch = Client
    below.bulk = lambda client, actions: client.kept.update(
        {each["_id"]: each["_source"]["tokens"] for each in actions}
    )
    monkeypatch.setitem(sys.modules, "elasticsearch", package)
    monkeypatch.setitem(sys.modules, "elasticsearch.helpers", below)


@pytest.mark.usefixtures("client")
def test_words_are_found_in_an_index_that_is_made_of_them(engines):
    corpus = [[("cat", 2.0)], [("dog", 1.0), ("e.g.", 1.0)]]
    found, seconds, index = engines.semantic_search_elasticsearch(
        [[("dog", 3.0), ("e.g.", 1.0)]], corpus, top_k=1, output_index=True
    )
    assert found == [[{"corpus_id": 1, "score": 4.0}]]
    assert seconds >= 0
    again, _ = engines.semantic_search_elasticsearch([[("cat", 1.0)]], corpus_index=index, top_k=1)
    assert again == [[{"corpus_id": 0, "score": 2.0}]]
    with pytest.raises(InputError, match="corpus_index"):
        engines.semantic_search_elasticsearch([[("cat", 1.0)]])


def test_an_engine_whose_client_is_missing(engines, monkeypatch):
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    with pytest.raises(Unsupported, match="pip install qdrant-client"):
        engines.semantic_search_qdrant(torch.eye(2).to_sparse())
