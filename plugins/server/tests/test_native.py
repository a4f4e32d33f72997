"""Forwards for models whose other half is elsewhere: the right numbers, and what is refused."""

import numpy as np
import pytest
from server_asgi import PLACES, talk

from isomorph import load_model
from isomorph.program import digest, packed, unpacked
from isomorph_server.graphs import TOKENS, Graphs

OUTPUT = "sentence_embedding"


@pytest.fixture(scope="module")
def model():
    with load_model(PLACES["vectors"], backend="reference") as found:
        yield found


def feeds_of(model, rows=2, width=5):
    names = model.__loaded__().model.graph.inputs
    numbers = np.arange(rows * width, dtype=np.int64).reshape(rows, width)
    made = {"input_ids": numbers, "attention_mask": np.ones_like(numbers)}
    made["token_type_ids"] = np.zeros_like(numbers)
    made["prompt_length"] = np.zeros(rows, np.int64)
    return {name: made[name] for name in names}


def body_of(model, feeds, /, **changes):
    wanted = digest(model.__loaded__().model)
    told = {"model": "vectors", "digest": wanted, "outputs": [OUTPUT]}
    return packed(feeds, **told | changes)


def test_a_forward_gives_what_the_model_gives(app_of, model):
    feeds = feeds_of(model)
    path = f"/isomorph/graphs/{digest(model.__loaded__().model)}"

    async def ask(client):
        return (
            (await client.get(path)).json,
            (await client.post("/isomorph/forward", body_of(model, feeds))),
        )

    about, found = talk(app_of("vectors", "scores"), ask)
    assert [each["model"] for each in about["models"]] == ["vectors"]
    assert about["models"][0]["batches"]["tokens"] == TOKENS
    (values,) = unpacked(found.body)[0].values()
    np.testing.assert_allclose(values, model.__loaded__().run_feeds(feeds)[OUTPUT], atol=1e-6)


REFUSED = [
    (lambda f: {"input_ids": f["input_ids"]}, 422, "are fed"),
    (lambda f: f | {"input_ids": f["input_ids"] + 10**6}, 422, "holds a number that the table"),
    (lambda f: f | {"input_ids": f["input_ids"] - 3}, 422, "holds a number that the table"),
    (lambda f: f | {"input_ids": f["input_ids"][:, 0]}, 422, "of the axes"),
    (lambda f: f | {"input_ids": f["input_ids"].astype(np.float32)}, 422, "must be int64"),
    (lambda f: f | {"input_ids": f["input_ids"][:1]}, 422, "are asked for"),
    (lambda f: {n: each[:0] for n, each in f.items()}, 422, "at least one row"),
    (
        lambda f: {
            n: np.zeros((1 << 30, 0), np.int64) if each.ndim == 2 else each for n, each in f.items()
        },
        422,
        "holds no number",
    ),
]


@pytest.mark.parametrize(("change", "status", "words"), REFUSED)
def test_feeds_that_cannot_be(app_of, model, change, status, words):
    body = body_of(model, change(feeds_of(model)))

    async def ask(client):
        return await client.post("/isomorph/forward", body)

    answer = talk(app_of("vectors"), ask)
    assert (answer.status, words in answer.json["error"]) == (status, True), answer.json


def test_forwards_that_are_too_large(app_of, model):
    wide = feeds_of(model, rows=1, width=1)
    wide = {n: np.repeat(e, 5000, 1) if e.ndim == 2 else e for n, e in wide.items()}
    tall = {n: np.repeat(e, TOKENS, 0) for n, e in feeds_of(model, 2, 1).items()}

    async def ask(client):
        bodies = [body_of(model, feeds) for feeds in (wide, tall)]
        return [(await client.post("/isomorph/forward", body)) for body in bodies]

    for answer in talk(app_of("vectors"), ask):
        assert answer.status == 422
        assert "at most" in answer.json["error"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"model": "gone"}, 404),
        ({"digest": "0" * 64}, 404),
        ({"outputs": ["gone"]}, 422),
        ({"outputs": []}, 422),
        ({"outputs": 5}, 422),
        ({"model": None}, 422),
        ({"more": 5}, 422),
    ],
)
def test_requests_that_cannot_be(app_of, model, changes, status):
    body = body_of(model, feeds_of(model), **changes)

    async def ask(client):
        return (await client.post("/isomorph/forward", body)).status

    assert talk(app_of("vectors"), ask) == status


def flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


DAMAGED = {
    "nothing": lambda data: b"",
    "JSON": lambda data: b'{"feeds": {}}',
    "cut": lambda data: data[:-3],
    "longer": lambda data: data + b"123",
    "a number is another": lambda data: flipped(data, len(data) - 8),
    "the head is another": lambda data: flipped(data, 12),
    "a head without end": lambda data: b"\xff" * 8 + data[8:],
    "huge": lambda data: data.replace(b'"shape":[2,5]', b'"shape":[9999999999999999,5]'),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_bytes_that_are_damaged(app_of, model, how):
    body = DAMAGED[how](body_of(model, feeds_of(model)))

    async def ask(client):
        return await client.post("/isomorph/forward", body)

    answer = talk(app_of("vectors"), ask)
    assert (answer.status, "'feeds' cannot be read" in answer.json["error"]) == (422, True)


def test_few_beginnings_stay_loaded(model):
    graphs = Graphs(model.__loaded__())
    whole = model.__loaded__().model
    wanted = digest(whole)
    cut = graphs.find(wanted)
    names = [name for module in whole.graph.modules for name in module.outputs]
    several = tuple(dict.fromkeys(names))[:2]
    first = graphs.runner(wanted, cut, several)
    assert graphs.runner(wanted, cut, several) is first
    assert graphs.find("0" * 64) is None
    own = graphs.runner(wanted, cut, (OUTPUT,))
    assert own is model.__loaded__().pipeline.runner(OUTPUT)
    graphs.close()
    assert graphs.runner(wanted, cut, several) is not first
    graphs.close()
