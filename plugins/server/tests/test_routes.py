"""Every route gives what the model itself gives, in the form of its API."""

import base64
import re

import numpy as np
import pytest
from server_asgi import PLACES, talk

from isomorph import load_model

TEXTS = ["river", "the river carries small stones", "river"]
PAIRS = [("river", "stones"), ("river", "the small stones")]


@pytest.fixture(scope="module")
def models():
    made = {name: load_model(place, backend="reference") for name, place in PLACES.items()}
    yield made
    for each in made.values():
        each.close()


def same(found, want):
    want = np.asarray(want)
    np.testing.assert_allclose(
        np.asarray(found), want, rtol=0, atol=1e-5 * max(1, np.abs(want).max())
    )


def test_embeddings_as_numbers_and_as_bytes(app_of, models):
    async def both(client):
        body = {"input": TEXTS, "model": "vectors"}
        return [
            (await client.post("/v1/embeddings", {**body, "encoding_format": form})).json
            for form in ("float", "base64")
        ]

    numbers, coded = talk(app_of("vectors"), both)
    want = models["vectors"].encode(TEXTS)
    same([each["embedding"] for each in numbers["data"]], want)
    same(
        [np.frombuffer(base64.b64decode(each["embedding"]), "<f4") for each in coded["data"]], want
    )
    assert [each["index"] for each in numbers["data"]] == [0, 1, 2]
    assert (numbers["object"], numbers["model"]) == ("list", "vectors")
    assert numbers["usage"]["prompt_tokens"] == numbers["usage"]["total_tokens"] > len(TEXTS)


def test_dimensions_are_leading_and_of_length_one(app_of, models):
    async def ask(client):
        body = {"input": TEXTS[1], "model": "vectors", "dimensions": 3}
        return (await client.post("/v1/embeddings", body)).json["data"][0]["embedding"]

    want = models["vectors"].encode(TEXTS[1], truncate_dim=3, normalize_embeddings=True)
    same(talk(app_of("vectors"), ask), want)


def test_models_are_listed_and_asked_for(app_of):
    async def ask(client):
        one = await client.get("/v1/models/scores")
        return (await client.get("/v1/models")).json, one.json, await client.get("/v1/models/gone")

    listed, one, gone = talk(app_of("vectors", "scores"), ask)
    assert [each["id"] for each in listed["data"]] == ["vectors", "scores"]
    assert one["id"] == "scores"
    assert gone.status == 404


def test_routes_of_text_embeddings_inference(app_of, models):
    asked = {
        "/embed": {"inputs": TEXTS, "normalize": True},
        "/": {"inputs": TEXTS},
        "/embed_all": {"inputs": TEXTS},
        "/embed_sparse": {"inputs": TEXTS},
        "/similarity": {"inputs": {"source_sentence": TEXTS[0], "sentences": TEXTS[1:]}},
        "/tokenize": {"inputs": TEXTS[1]},
    }

    async def ask(client):
        return {path: (await client.post(path, body)).json for path, body in asked.items()}

    found = talk(app_of("vectors", "weights"), ask)
    model, sparse = models["vectors"], models["weights"]
    same(found["/embed"], model.encode(TEXTS, normalize_embeddings=True))
    same(found["/"], found["/embed"])
    for one, other in zip(
        found["/embed_all"], model.encode(TEXTS, output_value="token_embeddings"), strict=True
    ):
        same(one, other)
    dense = np.zeros((len(TEXTS), sparse.get_embedding_dimension()))
    for row, weights in enumerate(found["/embed_sparse"]):
        for each in weights:
            dense[row, each["index"]] = each["value"]
    same(dense, sparse.encode(TEXTS).todense())
    units = model.encode(TEXTS, normalize_embeddings=True)
    same(found["/similarity"], units[1:] @ units[0])
    ids = [each["id"] for each in found["/tokenize"][0]]
    assert ids == model.tokenizer.encode(TEXTS[1]).ids
    assert found["/tokenize"][0][1]["text"]


def test_rerankers_in_the_forms_of_two_apis(app_of, models):
    texts = [text for _, text in PAIRS]

    async def ask(client):
        tei = await client.post("/rerank", {"query": "river", "texts": texts, "return_text": True})
        body = {"query": "river", "documents": [texts[0], {"text": texts[1]}], "top_n": 1}
        cohere = await client.post("/v2/rerank", {**body, "return_documents": True})
        raw = await client.post("/rerank", {"query": "river", "texts": texts, "raw_scores": True})
        return tei.json, cohere.json, raw.json

    tei, cohere, raw = talk(app_of("scores"), ask)
    want = models["scores"].rank("river", texts)
    assert [each["index"] for each in tei] == [each["corpus_id"] for each in want]
    same([each["score"] for each in tei], [each["score"] for each in want])
    assert [each["text"] for each in tei] == [texts[each["corpus_id"]] for each in want]
    assert set(cohere) == {"id", "model", "results", "usage", "meta"}
    assert cohere["model"] == "scores"
    assert cohere["usage"]["total_tokens"] == cohere["meta"]["tokens"]["input_tokens"] > 0
    (best,) = cohere["results"]
    assert best["index"] == want[0]["corpus_id"]
    assert best["document"]["text"] == texts[best["index"]]
    plain = models["scores"].predict([PAIRS[raw[0]["index"]]], activation_fn="Identity")
    same(raw[0]["score"], plain[0])


def test_pairs_are_classified_alone_and_in_batches(app_of, models):
    async def ask(client):
        one = await client.post("/predict", {"inputs": list(PAIRS[0])})
        return one.json, (await client.post("/predict", {"inputs": [list(p) for p in PAIRS]})).json

    one, many = talk(app_of("scores"), ask)
    same([row[0]["score"] for row in many], models["scores"].predict(PAIRS))
    same(one[0]["score"], many[0][0]["score"])
    assert one[0]["label"]


def test_vectors_of_tokens_of_a_late_interaction_model(app_of, models):
    async def ask(client):
        return (await client.post("/embed_all", {"inputs": TEXTS[:2]})).json

    for one, other in zip(
        talk(app_of("tokens"), ask), models["tokens"].encode(TEXTS[:2]), strict=True
    ):
        same(one, other)


def test_the_page_names_every_route_and_the_body_of_each(app_of):
    async def ask(client):
        return (await client.get("/openapi.json")).json, (await client.get("/info")).json

    page, info = talk(app_of("vectors"), ask)
    schemas = page["components"]["schemas"]
    for path in ("/v1/embeddings", "/embed", "/rerank", "/v2/rerank", "/", "/health", "/metrics"):
        for operation in page["paths"][path].values():
            if "requestBody" not in operation:
                continue
            ref = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = schemas[ref.rpartition("/")[2]]
            assert set(schema["required"]) <= set(schema["properties"])
    assert info["model_id"] == "vectors"


def test_the_page_says_by_which_status_each_api_refuses(app_of):
    async def ask(client):
        return (await client.get("/openapi.json")).json["paths"]

    paths = talk(app_of("vectors"), ask)
    told = {path: set(way["responses"]) for path, ways in paths.items() for way in ways.values()}
    body = {"200", "401", "404", "408", "413", "415", "424", "429", "503"}
    assert told["/v1/embeddings"] == body | {"400"}
    assert told["/embed"] == told["/v2/rerank"] == body | {"422"}
    assert told["/v1/models/{model}"] == {"200", "401", "404", "503"}
    assert told["/health"] == {"200", "503"}
    names = [way["operationId"] for ways in paths.values() for way in ways.values()]
    assert len(set(names)) == len(names)
    assert "post_v1_embeddings" in names


def test_scores_and_weights_have_the_digits_of_float32(app_of):
    asked = {
        "/rerank": {"query": "river", "texts": ["stones", "the train is late"]},
        "/predict": {"inputs": [list(pair) for pair in PAIRS]},
        "/v2/rerank": {"query": "river", "documents": ["stones", "the train is late"]},
        "/embed_sparse": {"inputs": TEXTS},
    }

    async def ask(client):
        return [(await client.post(path, body)).body.decode() for path, body in asked.items()]

    for written in talk(app_of("scores", "weights"), ask):
        numbers = re.findall(r"-?\d+\.\d+(?:e-?\d+)?", written)
        assert numbers
        assert all(float(each) == float(str(np.float32(each))) for each in numbers), written
