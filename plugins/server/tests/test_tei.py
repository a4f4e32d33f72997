"""What text-embeddings-inference's own page, its docs/openapi.json, says of requests and answers."""

import numpy as np
import pytest
from server_asgi import PLACES, talk

from isomorph import load_model
from isomorph_server.app import build
from isomorph_server.limits import Limits
from isomorph_server.shelf import Named, Shelf

PAIR = {"source_sentence": "river", "sentences": ["small stones", "the train is late"]}
INFO = {
    "model_id": str,
    "model_dtype": str,
    "model_type": dict,
    "max_concurrent_requests": int,
    "max_input_length": int,
    "max_batch_tokens": int,
    "max_client_batch_size": int,
    "auto_truncate": bool,
    "tokenization_workers": int,
    "version": str,
}
"""The fields that its page requires of `/info`."""


def info_of(app):
    async def ask(client):
        return (await client.get("/info")).json

    return talk(app, ask)


@pytest.mark.parametrize(
    ("name", "kind", "about"),
    [
        ("vectors", "embedding", {"pooling": "mean"}),
        ("weights", "embedding", {"pooling": "splade"}),
        ("tokens", "embedding", {"pooling": "none"}),
        ("scores", "reranker", {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}),
    ],
)
def test_the_page_of_a_model_has_all_that_is_required(app_of, name, kind, about):
    found = info_of(app_of(name))
    for field, type_ in INFO.items():
        assert type(found[field]) is type_, field
    assert found["model_type"] == {kind: about}


def test_a_model_without_a_longest_text_has_a_length_too(shelf_of, app_of, monkeypatch):
    app = app_of("vectors", body=1000)
    monkeypatch.setattr("isomorph.SentenceTransformer.max_seq_length", None)
    assert info_of(app)["max_input_length"] == 1000


def cosines(name, prompt):
    with load_model(PLACES[name], backend="reference") as model:
        first, *others = model.encode(
            [PAIR["source_sentence"], *PAIR["sentences"]],
            prompt_name=prompt,
            normalize_embeddings=True,
        )
    return np.array(others) @ first


@pytest.mark.parametrize("path", ["/similarity", "/"])
def test_parameters_of_a_similarity_count(app_of, path):
    async def ask(client):
        bodies = [
            {"inputs": PAIR, "parameters": {"prompt_name": "query"}},
            {"inputs": PAIR, "prompt_name": "query"},
            {"inputs": PAIR, "parameters": {"prompt_name": None, "truncate": True}},
            {"inputs": PAIR, "parameters": {}},
        ]
        return [(await client.post(path, body)).json for body in bodies]

    *prompted, plain, empty = talk(app_of("vectors"), ask)
    wanted = cosines("vectors", "query")
    for found in prompted:
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    for found in (plain, empty):
        np.testing.assert_allclose(found, cosines("vectors", None), atol=1e-5)
    assert np.abs(np.array(plain) - wanted).max() > 1e-3, "the prompt changes the scores"


def test_parameters_of_vectors_count(app_of):
    async def ask(client):
        body = {"inputs": "river", "parameters": {"normalize": False, "dimensions": 3}}
        return (await client.post("/", body)).json, (
            await client.post("/", {"inputs": "river"})
        ).json

    plain, unit = talk(app_of("vectors"), ask)
    with load_model(PLACES["vectors"], backend="reference") as model:
        np.testing.assert_allclose(plain, [model.encode("river", truncate_dim=3)], atol=1e-5)
    assert np.linalg.norm(unit) == pytest.approx(1, abs=1e-5)


def test_a_model_that_must_run_to_tell_its_width_runs_for_nobody_else(app_of, monkeypatch):
    """It would run on the loop's thread, and hold up all others."""
    asked = []

    def width(self):
        asked.append(self)
        return 20

    monkeypatch.setattr("isomorph.SentenceTransformer.get_embedding_dimension", width)

    async def ask(client):
        await client.post("/embed", {"inputs": "river"})
        before = len(asked)
        return before, (await client.post("/embed", {"inputs": "river", "dimensions": 3})).status

    assert talk(app_of("vectors"), ask) == (0, 200)
    assert len(asked) == 1


def test_vectors_of_tokens_of_a_model_that_makes_none():
    limits = Limits()
    place = PLACES["vectors"].parent / "static"
    app = build(Shelf([Named("static", str(place))], limits, backend="reference"), limits)

    async def ask(client):
        return await client.post("/embed_all", {"inputs": "river"}), await client.get("/info")

    refused, info = talk(app, ask)
    assert refused.status == 422
    assert "makes no token_embeddings" in refused.json["error"]
    assert info.json["model_type"] == {"embedding": {"pooling": "none"}}
    assert type(info.json["max_input_length"]) is int


LONG = "the river carries small stones to the sea " * 40


@pytest.mark.parametrize(
    ("route", "name", "body"),
    [
        ("/embed", "vectors", {"inputs": LONG, "normalize": False}),
        ("/embed_all", "vectors", {"inputs": LONG}),
        ("/embed_sparse", "weights", {"inputs": LONG}),
        ("/rerank", "scores", {"query": "a river", "texts": [LONG, "stones"]}),
        ("/predict", "scores", {"inputs": [["a river", LONG]]}),
        ("/similarity", "vectors", {"inputs": {"source_sentence": "sea", "sentences": [LONG]}}),
    ],
)
def test_texts_are_cut_on_the_side_that_a_request_names(app_of, route, name, body):
    async def ask(client):
        cut = {**body, "truncate": True}
        named = [{"truncation_direction": each} for each in ("left", "Left", "right", "Right")]
        return [(await client.post(route, {**cut, **each})).json for each in (*named, {})]

    left, again, *right = talk(app_of(name), ask)
    assert left == again
    assert left != right[0]
    assert right[0] == right[1] == right[2]


def test_left_is_what_a_model_gives_that_cuts_there(app_of):
    asked = {"inputs": LONG, "truncate": True, "truncation_direction": "left", "normalize": False}
    (found,) = talk(app_of("vectors"), lambda client: client.post("/embed", asked)).json
    left = {"truncation_side": "left"}
    with load_model(PLACES["vectors"], backend="reference", processor_kwargs=left) as model:
        wanted = model.encode(LONG, on_long="report")
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_tokens_become_texts(app_of):
    async def ask(client):
        tokens = (await client.post("/tokenize", {"inputs": ["small stones", "a river"]})).json
        ids = [[each["id"] for each in text] for text in tokens]
        bodies = [{"ids": ids}, {"ids": ids[0]}, {"ids": ids[0], "skip_special_tokens": False}]
        bodies += [{"ids": []}, {"ids": [[]]}]
        return [(await client.post("/decode", body)).json for body in bodies]

    both, one, whole, none, empty = talk(app_of("vectors"), ask)
    with load_model(PLACES["vectors"], backend="reference") as model:
        known = model.tokenizer
        wanted = [known.decode(known.encode(each).ids) for each in ("small stones", "a river")]
        marked = known.decode(known.encode("small stones").ids, skip_special_tokens=False)
    assert both == wanted
    assert one == wanted[:1]
    assert whole == [marked]
    assert marked != wanted[0]
    assert none == empty == [""]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"ids": "text"}, 422, "whole numbers"),
        ({"ids": [1.5]}, 422, "whole numbers"),
        ({"ids": [True]}, 422, "whole numbers"),
        ({"ids": [[1], 2]}, 422, "whole numbers"),
        ({"ids": [[[1]]]}, 422, "whole numbers"),
        ({"ids": [-1]}, 422, "-1 is none of"),
        ({"ids": [[1], [10**6]]}, 422, "1000000 is none of"),
        ({"ids": [1 << 32]}, 422, "is none of"),
        ({"ids": [10**30]}, 422, ""),
        ({"ids": [1] * 70_000}, 413, "65,536"),
        ({"ids": [[1]] * 9}, 413, "8 inputs"),
        ({"ids": [1], "inputs": "a"}, 422, "inputs"),
        ({}, 422, "ids"),
    ],
)
def test_what_is_no_list_of_tokens_is_refused(app_of, body, status, said):
    found = talk(app_of("vectors", inputs=8), lambda client: client.post("/decode", body))
    assert found.status == status
    assert found.json["error_type"] == "Validation"
    assert said in found.json["error"]


def test_other_names_of_routes(app_of):
    async def ask(client):
        vectors = [
            (await client.post(path, {"input": "a", "model": "vectors"})).json["data"]
            for path in ("/v1/embeddings", "/embeddings")
        ]
        plain = [(await client.post(path, {"inputs": "a"})).json for path in ("/", "/invocations")]
        pings = [(await client.get(path)).status for path in ("/health", "/ping", "/")]
        return vectors, plain, pings

    vectors, plain, pings = talk(app_of("vectors", keys=()), ask)
    assert vectors[0] == vectors[1]
    assert plain[0] == plain[1]
    assert pings == [200] * 3
