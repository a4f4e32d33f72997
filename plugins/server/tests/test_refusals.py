"""What is refused, in the shape and with the status that clients of each API read; and what is not told."""

import asyncio
import gzip
import json
import logging
from threading import Event

import pytest
from server_asgi import PLACES, talk
from typer.testing import CliRunner

from isomorph import SentenceTransformer
from isomorph.cli import app
from isomorph.errors import InputError
from isomorph.runtime.pipeline import Pipeline
from isomorph_server.app import build
from isomorph_server.limits import Limits
from isomorph_server.shelf import Named, Shelf

LONG = 60
MANY = {"input": ["a"] * 9, "model": "vectors"}
SAME = {"source_sentence": "a", "sentences": ["b"]}
LONGER = {"source_sentence": "a", "sentences": ["river " * 900]}
REFUSED = [
    ("/v1/embeddings", {"input": "a", "model": "gone"}, 404, "vectors"),
    ("/v1/embeddings", {"input": "a"}, 400, "model"),
    ("/v1/embeddings", {"input": [[1, 2]], "model": "vectors"}, 400, "Token ids"),
    ("/v1/embeddings", {"input": [1, 2], "model": "vectors"}, 400, "Token ids"),
    ("/v1/embeddings", {"input": ["a", 1], "model": "vectors"}, 400, "list of texts"),
    ("/v1/embeddings", {"input": [], "model": "vectors"}, 400, "no inputs"),
    ("/v1/embeddings", {"input": "a", "model": "vectors", "dimensions": 10**6}, 400, "dimensions"),
    ("/v1/embeddings", {"input": "a", "model": "vectors", "dimensions": True}, 400, "at least 1"),
    ("/v1/embeddings", {"input": "a", "model": "vectors", "stream": True}, 400, "stream"),
    ("/v1/embeddings", {"input": "a", "model": "scores"}, 400, "rerank"),
    ("/v1/embeddings", MANY, 413, "8 inputs"),
    ("/embed", {"inputs": "river " * 900}, 422, '"truncate": true'),
    ("/embed", {"inputs": "a", "prompt_name": "gone"}, 422, "gone"),
    ("/embed", {"inputs": "a", "truncation_direction": "up"}, 422, "right"),
    ("/embed_sparse", {"inputs": "a"}, 424, "embed_sparse"),
    ("/embed", {"inputs": "a", "model": "scores"}, 424, "rerank"),
    ("/rerank", {"query": "a", "texts": ["b"], "model": "vectors"}, 424, "embed"),
    ("/v2/rerank", {"query": "a", "documents": ["b"], "model": "vectors"}, 422, "embed"),
    ("/embed", {"inputs": "a", "dimensions": 10**6}, 422, "dimensions"),
    ("/similarity", {"inputs": SAME, "parameters": {"prompt_name": "gone"}}, 422, "gone"),
    ("/similarity", {"inputs": SAME, "parameters": {"more": 1}}, 422, "more"),
    ("/similarity", {"inputs": SAME, "parameters": {"truncate": "yes"}}, 422, "truncate"),
    ("/similarity", {"inputs": LONGER, "parameters": {"truncate": False}}, 422, '"truncate": true'),
    ("/", {"inputs": "a", "parameters": {"prompt_name": "gone"}}, 422, "gone"),
    ("/", {"inputs": SAME, "dimensions": 10**6}, 422, "dimensions"),
    ("/rerank", {"query": "a", "texts": "b"}, 422, "list of texts"),
    ("/rerank", {"query": "a", "texts": []}, 422, "no inputs"),
    ("/predict", {"inputs": "alone"}, 422, "pairs"),
    ("/predict", {"inputs": ["a", "b", "c"]}, 422, "pair"),
    ("/predict", {"inputs": [[]]}, 422, "pair"),
    ("/predict", {"inputs": [["a"], "b"]}, 422, "pair"),
    ("/predict", {"inputs": [[["a", "b"]]]}, 422, "pair"),
    ("/similarity", {"inputs": {"source_sentence": "a"}}, 422, "sentences"),
    ("/v2/rerank", {"query": "a", "documents": [1]}, 422, "text"),
    ("/embed", [1], 422, "object"),
]


def said(answer, path):
    """The message of a refusal, where the clients of its API look for it."""
    content = answer.json
    if path.startswith(("/v1/embed", "/v1/models")):
        assert set(content["error"]) == {"message", "type", "param", "code"}
        return content["error"]["message"]
    if "rerank" in path and path.startswith("/v"):
        return content["message"]
    assert content["error_type"]
    return content["error"]


@pytest.fixture(scope="module")
def answers():
    limits = Limits(inputs=8)
    named = [Named(name, str(PLACES[name])) for name in ("vectors", "scores")]
    app = build(Shelf(named, limits, backend="reference"), limits)

    async def all_of_them(client):
        return [await client.post(path, body) for path, body, _, _ in REFUSED]

    return talk(app, all_of_them)


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=lambda n: f"{REFUSED[n][0]}-{n}")
def test_a_refusal_says_what_is_wrong(answers, number):
    path, _, status, words = REFUSED[number]
    assert answers[number].status == status
    assert words in said(answers[number], path)


def test_bodies_that_are_too_large_or_no_json(app_of):
    async def ask(client):
        return [
            await client.ask("POST", "/embed", parts=parts, headers=headers)
            for parts, headers in (
                ([b"{}"], [("content-length", "1001")]),
                ([b"x" * 400] * 3, ()),
                ([b"{"], ()),
                ([b"[" * 900], ()),
                ([b'{"inputs": "\xff"}'], ()),
                ([gzip.compress(b'{"inputs": "a"}')], [("content-encoding", "gzip")]),
                ([b'{"inputs": "a"}'], [("content-encoding", "Identity")]),
            )
        ]

    found = talk(app_of("vectors", body=1000), ask)
    assert [each.status for each in found] == [413, 413, 422, 422, 422, 415, 200]


def test_a_body_that_never_ends_is_given_up(app_of):
    async def ask(client):
        return await client.ask("POST", "/embed", parts=[b"{", None])

    assert talk(app_of("vectors", seconds=2.0), ask).status == 408


def test_keys(app_of):
    async def ask(client):
        body = {"inputs": "a"}
        sent = ("Bearer two", "bearer one", "BEARER  one", "Bearer schlüssel")
        wrong = (
            "",
            "Bearer no",
            "one",
            "Bearer",
            "Bearer ",
            "Basic one",
            "Bearer one two",
            "\u00ff",
        )
        headers = [[("authorization", each)] for each in (*sent, *wrong)]
        found = [await client.post("/embed", body, headers=each) for each in headers]
        other = [await client.get("/health"), await client.get("/metrics")]
        openai = await client.post("/v1/embeddings", {"input": "a", "model": "vectors"})
        return found, other, await client.post("/embed", body), openai

    found, other, without, openai = talk(app_of("vectors", keys=["one", "two", "schlüssel"]), ask)
    assert [each.status for each in found] == [200] * 4 + [401] * 8
    assert [each.status for each in (*other, without)] == [200, 401, 401]
    assert without.headers["www-authenticate"] == "Bearer"
    assert openai.json["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize("keys", [[""], ["one", " "], "one", [None]])
def test_keys_that_everybody_would_have(app_of, keys):
    with pytest.raises(InputError, match="key"):
        app_of("vectors", keys=keys)


@pytest.mark.parametrize("said", ["", " "])
def test_a_variable_without_a_key_does_not_let_everybody_in(monkeypatch, said):
    monkeypatch.setenv("ISOMORPH_API_KEY", said)
    found = CliRunner().invoke(app, ["serve", "/no/such/model"])
    assert found.exit_code == 2
    assert "ISOMORPH_API_KEY is set and holds no key" in found.output


@pytest.fixture
def gate(monkeypatch):
    """Holds all runs of models once `hold` is set, until `opened` is; keeps the inputs of all runs."""

    class Gate:
        def __init__(self):
            self.hold, self.reached, self.opened = False, Event(), Event()
            self.runs = []

    state, original = Gate(), Pipeline.run

    def run(pipeline, inputs, job):
        state.runs.append(list(inputs))
        if state.hold:
            state.reached.set()
            assert state.opened.wait(LONG)
        return original(pipeline, inputs, job)

    monkeypatch.setattr(Pipeline, "run", run)
    return state


def test_a_full_server_refuses_at_once_and_then_takes_requests_again(app_of, gate):
    async def ask(client):
        gate.hold = True
        held = [asyncio.create_task(client.post("/embed", {"inputs": f"{n}"})) for n in range(2)]
        await asyncio.to_thread(gate.reached.wait, LONG)
        refused = [await client.post("/embed", {"inputs": "more"}) for _ in range(20)]
        healthy = await client.get("/health")
        assert (await client.get("/metrics")).status == 200
        gate.opened.set()
        answered = [await each for each in held]
        return refused, healthy, answered, await client.post("/embed", {"inputs": "again"})

    refused, healthy, answered, again = talk(app_of("vectors", concurrent=2), ask)
    assert {each.status for each in refused} == {429}
    assert all(int(each.headers["retry-after"]) > 0 for each in refused)
    assert [each.status for each in (healthy, *answered, again)] == [200, 200, 200, 200]


def test_who_leaves_gets_no_answer_and_all_others_get_theirs(app_of, gate):
    async def ask(client):
        gate.hold = True
        gate.runs.clear()
        first = asyncio.create_task(client.post("/embed", {"inputs": "first"}))
        await asyncio.to_thread(gate.reached.wait, LONG)
        held = asyncio.create_task(client.post("/embed", {"inputs": "second round"}))
        left = asyncio.Event()
        gone = asyncio.create_task(client.post("/embed", {"inputs": ["gone"] * 5}, left=left))
        rest = [asyncio.create_task(client.post("/embed", {"inputs": f"n{n}"})) for n in range(6)]
        await asyncio.sleep(0)
        left.set()
        assert await gone is None
        gate.opened.set()
        found = [await each for each in (first, held, *rest)]
        return found, (await client.get("/metrics")).body.decode()

    found, metrics = talk(app_of("vectors"), ask)
    assert {each.status for each in found} == {200}
    assert 'isomorph_requests_total{route="/embed",status="499"} 1' in metrics
    assert 'isomorph_requests_total{route="/embed",status="200"} 8' in metrics


def test_logs_and_failures_hold_no_text_of_a_client(app_of, caplog, monkeypatch):
    secret = "a-secret-of-the-client"

    async def fails(model, items, **kwargs):
        try:
            return 1 / 0
        except ZeroDivisionError as error:
            raise ValueError(f"{items} cannot be read") from error

    async def ask(client):
        headers = [("x-request-id", "mine-1")]
        good = await client.post("/embed", {"inputs": secret}, headers=headers)
        odd = await client.post("/embed", {"inputs": secret}, headers=[("x-request-id", "{bad}\n")])
        gone = await client.post(f"/{secret}", {}, headers=headers)
        monkeypatch.setattr(SentenceTransformer, "aencode", fails)
        return good, odd, gone, await client.post("/embed", {"inputs": secret})

    with caplog.at_level(logging.INFO, "isomorph_server"):
        good, odd, gone, bad = talk(app_of("vectors"), ask)
    assert good.headers["x-request-id"] == "mine-1"
    assert "{" not in odd.headers["x-request-id"]
    assert bad.status == 500
    assert "ZeroDivision" not in bad.body.decode()
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.levelno == logging.INFO]
    assert gone.headers["x-request-id"] == "mine-1"
    assert [line["status"] for line in lines] == [200, 200, 404, 500]
    (told,) = [json.loads(r.getMessage()) for r in caplog.records if r.levelno == logging.ERROR]
    assert told["id"] == bad.headers["x-request-id"]
    assert (told["error"], told["because_of"]) == ("ValueError", ["ZeroDivisionError"])
    assert told["at"][-1].endswith(" fails")
    assert lines[0] == {**lines[0], "id": "mine-1", "inputs": 1, "model": "vectors"}
    assert secret not in caplog.text


@pytest.mark.parametrize("option", ["--timeout", "--idle"])
@pytest.mark.parametrize("seconds", ["inf", "nan", "-1"])
def test_seconds_that_cannot_be(option, seconds):
    found = CliRunner().invoke(app, ["serve", "/no/such/model", option, seconds])
    assert found.exit_code == 2
    assert option in found.output


@pytest.mark.parametrize(
    ("route", "field"), [("/predict", "inputs"), ("/embed", "inputs"), ("/decode", "ids")]
)
def test_lists_in_lists_are_refused_however_deep_they_are(app_of, route, field):
    deep = f'{{"{field}": {"[" * 900}"a"{"]" * 900}}}'.encode()
    found = talk(app_of("vectors", "scores"), lambda client: client.post(route, deep))
    assert found.status == 422
    assert f"{field!r} must be" in found.json["error"]


@pytest.mark.parametrize(
    "headers", [[("transfer-encoding", "gzip, chunked")], [("content-encoding", "br")]]
)
def test_packed_bodies_are_refused_before_they_are_read(app_of, headers):
    found = talk(
        app_of("vectors"),
        lambda client: client.post("/embed", b"", parts=[None], headers=headers),
    )
    assert found.status == 415
