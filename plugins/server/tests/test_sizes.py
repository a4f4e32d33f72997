"""Answers that would be far larger than what was sent are refused before they are computed."""

import json

import pytest
from server_asgi import PLACES, talk

from isomorph import load_model
from isomorph.runtime.pipeline import Pipeline
from isomorph_server import sizes
from isomorph_server.sizes import TOKENIZED, has_at_most


@pytest.fixture(scope="module")
def model():
    with load_model(PLACES["vectors"], backend="reference") as found:
        yield found


def test_texts_that_would_be_cut_into_too_many_tokens(app_of):
    async def ask(client):
        bodies = [
            ["a " * (TOKENIZED // 2)],
            ["ü"] * (TOKENIZED // 2),
            ["a " * (TOKENIZED // 2), "b"],
        ]
        return [await client.post("/tokenize", {"inputs": each}) for each in bodies]

    good, many, over = talk(app_of("vectors", inputs=1 << 20), ask)
    assert (good.status, many.status, over.status) == (200, 200, 413)
    assert len(good.json[0]) == TOKENIZED // 2 + 2
    assert set(good.json[0][1]) == {"id", "text", "special", "start", "stop"}
    assert "262,144 bytes" in over.json["error"]


@pytest.mark.parametrize("name", ["vectors", "tokens"])
def test_vectors_of_too_many_tokens_are_not_computed(app_of, monkeypatch, name):
    runs, run = [], Pipeline.run

    def counted(pipeline, inputs, job):
        runs.append(len(inputs))
        return run(pipeline, inputs, job)

    monkeypatch.setattr(Pipeline, "run", counted)
    monkeypatch.setattr("isomorph_server.tei.TOKEN_VECTORS", 300)

    async def ask(client):
        before = len(runs)
        bodies = [
            {"inputs": ["river " * 50] * 9, "truncate": True},
            {"inputs": ["river stones"] * 9},
        ]
        refused = await client.post("/embed_all", bodies[0])
        return refused, len(runs) - before, await client.post("/embed_all", bodies[1])

    refused, ran, good = talk(app_of(name), ask)
    assert (refused.status, ran, good.status) == (413, 0, 200)
    assert "300 vectors of tokens" in refused.json["error"]


def test_tokens_are_counted_where_bytes_do_not_tell(model):
    word = "river" * 8  # bytes say twice as many tokens as there are
    texts, count = [word] * 10, len(model.tokenizer.encode(word).ids) + sizes.ENDS
    assert sizes.size_of(word) + sizes.ENDS > count
    assert has_at_most(model, texts, 10 * count)
    assert not has_at_most(model, texts, 10 * count - 1)
    longest = model.max_seq_length
    assert has_at_most(model, ["a " * 100_000] * 3, 3 * longest)
    assert not has_at_most(model, ["a " * 100_000] * 3, 3 * longest - 1)


def test_what_is_written_piece_by_piece_is_the_same(app_of):
    async def ask(client):
        return [(await client.post("/embed_sparse", {"inputs": ["river", ""]})).body]

    (found,) = talk(app_of("weights"), ask)
    rows = json.loads(found)
    assert len(rows) == 2
    assert all(set(each) == {"index", "value"} for row in rows for each in row)
