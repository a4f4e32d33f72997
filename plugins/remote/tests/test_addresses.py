"""Models that are named by their address: on servers of ours, and of others, which a small one stands for."""

import json
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.errors import (
    BackendUnavailable,
    InputError,
    IsomorphError,
    ModelNotFound,
    Unsupported,
)

VECTORS = Path(__file__).parents[3] / "tests" / "parity" / "models" / "prompts-default"
TEXTS = ["river", "the river carries small stones", "ein größerer Fluß 🏞", "river"]


def expected(texts):
    return np.array([[len(each), each.encode()[0], 1] for each in texts], np.float32)


def test_ours_by_its_address(house):
    house.add(VECTORS, "vectors")
    here = SentenceTransformer(VECTORS, backend="reference")
    there = SentenceTransformer(f"{house.url}#vectors", backend="remote")
    wanted = here.encode(TEXTS, prompt="")
    np.testing.assert_allclose(there.encode(TEXTS), here.encode(TEXTS), atol=1e-5)
    assert there.get_embedding_dimension() == wanted.shape[1]


@pytest.mark.parametrize("language", ["tei", "openai"])
def test_others(other, language):
    server = other(language)
    name = server.url + ("#small" if language == "openai" else "")
    model = SentenceTransformer(name, backend="remote", model_kwargs={"api_key": "a-key"})
    np.testing.assert_array_equal(model.encode(TEXTS), expected(TEXTS))
    assert model.encode("river").shape == (3,)
    assert model.get_embedding_dimension() == 3
    assert {key for _, _, key in server.asked} == {"Bearer a-key"}
    texts = [text for _, body, _ in server.asked for text in body.get("inputs", body.get("input"))]
    assert texts.count("river") == 2, "equal texts of a call are sent once"
    for _, body, _ in server.asked:
        assert body.get("model") == ("small" if language == "openai" else None)
        assert len(body.get("inputs", ())) <= server.rows
    assert model.similarity(model.encode(TEXTS[:1]), model.encode(TEXTS[:1])).shape == (1, 1)


def test_what_is_there_is_told(other):
    server = other("tei")
    model = SentenceTransformer(server.url, backend="remote")
    said = str(model.explain())
    assert "text-embeddings-inference 1.8.0" in said
    assert "beyond 512 tokens are refused" in said
    report = model.report()
    assert (report.precision, report.provider) == ("float16", server.url)
    assert report.details["max length there"] == "512"


def test_prompts_go_in_front(other):
    model = SentenceTransformer(other("tei").url, backend="remote", prompts={"query": "find: "})
    np.testing.assert_array_equal(
        model.encode(["river"], prompt_name="query"), expected(["find: river"])
    )


def test_numbers_in_place_of_base64(other):
    server = other("openai")
    server.floats = True
    model = SentenceTransformer(f"{server.url}#large", backend="remote")
    np.testing.assert_array_equal(model.encode(TEXTS), expected(TEXTS))


def test_texts_that_are_too_long(other):
    server = other("tei")
    with pytest.raises(InputError, match="less than 512 tokens"):
        SentenceTransformer(server.url, backend="remote").encode(["r" * 60])
    assert server.asked[-1][1]["truncate"] is False
    model = SentenceTransformer(server.url, backend="remote", model_kwargs={"truncate": True})
    model.encode(["river"])
    assert server.asked[-1][1]["truncate"] is True
    assert "beyond 512 tokens are cut" in str(model.explain())


ANSWERS = [
    ("tei", "/embed", (200, [[1.0]]), BackendUnavailable, "for 2 texts"),
    ("tei", "/embed", (200, [[1.0], [1.0, 2.0]]), BackendUnavailable, "no vectors"),
    ("tei", "/embed", (200, {"vectors": []}), BackendUnavailable, "no vectors"),
    ("tei", "/embed", (200, [[1.0], [float("nan")]]), BackendUnavailable, "not finite"),
    ("tei", "/embed", (200, [[1.0], [None]]), BackendUnavailable, "not finite"),
    ("tei", "/embed", (424, {"error": "it broke"}), BackendUnavailable, "424: it broke"),
    ("openai", "/v1/embeddings", (200, {}), BackendUnavailable, "no vectors"),
    (
        "openai",
        "/v1/embeddings",
        (200, {"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]}),
        BackendUnavailable,
        "no vectors",
    ),
    ("openai", "/v1/embeddings", (400, {"error": {"message": "too long"}}), InputError, "too long"),
]


@pytest.mark.parametrize(("language", "path", "answer", "kind", "words"), ANSWERS)
def test_answers_that_cannot_be(other, language, path, answer, kind, words):
    server = other(language)
    name = server.url + ("#small" if language == "openai" else "")
    model = SentenceTransformer(name, backend="remote")
    server.answers[path] = answer
    with pytest.raises(kind, match=words):
        model.encode(["river", "stone"])


def test_what_is_refused(other, tmp_path):
    tei, openai = other("tei"), other("openai")

    def load(name, **kwargs):
        SentenceTransformer(name, backend="remote", model_kwargs=kwargs)

    with pytest.raises(Unsupported, match="has 2 models; name one of small, large"):
        load(openai.url)
    with pytest.raises(Unsupported, match="has no model 'gone'"):
        load(f"{openai.url}#gone")
    with pytest.raises(Unsupported, match="has no model 'gone'"):
        load(f"{tei.url}#gone", api="tei")
    with pytest.raises(Unsupported, match="api must be one of"):
        load(tei.url, api="grpc")
    with pytest.raises(Unsupported, match="truncate must be"):
        load(tei.url, truncate="yes")
    with pytest.raises(Unsupported, match="cannot ask it to truncate"):
        load(f"{openai.url}#small", truncate=True)
    with pytest.raises(Unsupported, match="float32' was asked for"):
        load(tei.url, dtype="float32")
    with pytest.raises(Unsupported, match="named by their address"):
        load(VECTORS, truncate=True)
    with pytest.raises(ModelNotFound, match="no revisions"):
        SentenceTransformer(tei.url, backend="remote", revision="main")
    with pytest.raises(ModelNotFound, match="local_files_only"):
        SentenceTransformer(tei.url, backend="remote", local_files_only=True)
    with pytest.raises(InputError, match="takes texts"):
        SentenceTransformer(tei.url, backend="remote").encode([3])
    with pytest.raises(IsomorphError, match="backend='remote' asks the server"):
        SentenceTransformer(tei.url)
    with pytest.raises(IsomorphError):
        CrossEncoder(tei.url, backend="remote")
    assert not tei.asked
    assert not openai.asked


def test_a_folder_sends_nothing_to_its_own_address(other, tmp_path):
    server = other("tei")
    (tmp_path / "0").mkdir()
    modules = [
        {"idx": 0, "name": "0", "path": "0", "type": "isomorph_remote.Elsewhere"},
        {"idx": 1, "name": "1", "path": "", "type": "sentence_transformers.models.Normalize"},
    ]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "0" / "config.json").write_text(json.dumps({"url": server.url}))
    with pytest.raises(Unsupported, match="names the server"):
        SentenceTransformer(tmp_path, backend="remote")
    with pytest.raises(Unsupported, match="names the server"):
        SentenceTransformer(tmp_path, backend="remote", model_kwargs={"url": "http://other"})
    model = SentenceTransformer(tmp_path, backend="remote", model_kwargs={"url": server.url})
    wanted = expected(TEXTS)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(model.encode(TEXTS), wanted, atol=1e-6)
    assert [row.runs for row in model.explain().rows] == ["remote", "reference"]
