"""When a server is ready, and what becomes of models that cannot be loaded or give no numbers."""

import asyncio
import json
import logging
import warnings
from dataclasses import replace
from threading import Event

import pytest
from server_asgi import Client, begun, talk

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.errors import BadModel, NotFiniteWarning
from isomorph.runtime.pipeline import Pipeline
from isomorph_server.shelf import Served


def test_a_server_is_ready_when_every_model_has_made_a_vector(app_of):
    app = app_of("vectors", "scores", "weights", "tokens")

    async def main():
        before = await Client(app).get("/health")
        async with begun(app) as client:
            loaded = (await client.get("/metrics")).body.decode()
            return before.status, (await client.get("/health")).status, loaded

    before, after, metrics = asyncio.run(main())
    assert (before, after) == (503, 200)
    assert "isomorph_models_loaded 4" in metrics


def test_a_server_whose_model_fails_does_not_begin(app_of, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    app = app_of("vectors")
    monkeypatch.setattr(SentenceTransformer, "encode", broken)

    async def nothing(client):
        return None

    with pytest.raises(ZeroDivisionError):
        talk(app, nothing)


@pytest.mark.parametrize("on_demand", [False, True])
def test_a_model_that_fails_holds_up_no_other_and_is_named(app_of, monkeypatch, caplog, on_demand):
    state = {"broken": True}
    original = CrossEncoder.predict

    def predict(self, *args, **kwargs):
        if state["broken"]:
            raise BadModel("its weights are spoilt")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(CrossEncoder, "predict", predict)
    pair = {"query": "river", "texts": ["stone"]}

    async def ask(client):
        found = [await client.post("/rerank", pair), await client.get("/health")]
        found.append(await client.post("/embed", {"inputs": "river"}))
        state["broken"] = False
        found += [await client.post("/rerank", pair), await client.get("/health")]
        return found

    with caplog.at_level(logging.ERROR, "isomorph_server"):
        found = talk(app_of("scores", "vectors", on_demand=on_demand), ask)
    assert [each.status for each in found] == [424, 503, 200, 200, 200]
    assert found[1].json["error"] == "Not ready: scores."
    told = [json.loads(each.getMessage()) for each in caplog.records]
    expected = {"model": "scores", "error": "BadModel", "message": "its weights are spoilt"}
    assert expected in told


def test_a_model_that_could_not_be_loaded_is_tried_again_without_a_request(app_of, monkeypatch):
    """Who watches `/health` may send none to a server that is not ready."""
    monkeypatch.setattr("isomorph_server.app.AGAIN", 0.001)
    tries, original = [], CrossEncoder.predict

    def predict(self, *args, **kwargs):
        tries.append(1)
        if len(tries) < 3:
            raise BadModel("not there yet")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(CrossEncoder, "predict", predict)

    async def ask(client):
        before = (await client.get("/health")).status
        while (await client.get("/health")).status != 200:
            await asyncio.sleep(0.001)
        return before

    assert talk(app_of("vectors", "scores"), ask) == 503
    assert len(tries) == 3


@pytest.mark.parametrize("warns", ["error", "default"])
def test_numbers_that_are_not_finite_make_no_model_ready(app_of, monkeypatch, warns):
    monkeypatch.setattr(Pipeline, "run", _not_finite)

    async def ask(client):
        found = await client.post("/embed", {"inputs": "river", "model": "vectors"})
        return found.status, (await client.get("/health")).json["error"]

    with warnings.catch_warnings():
        warnings.simplefilter(warns, NotFiniteWarning)
        if warns == "error":  # of requests it is one as well
            status, health = talk(app_of("vectors"), ask)
            assert status >= 424
        else:
            with pytest.warns(NotFiniteWarning):
                status, health = talk(app_of("vectors"), ask)
            assert status == 424
    assert health == "Not ready: vectors."


def _not_finite(pipeline, inputs, job, original=Pipeline.run):
    rows, report = original(pipeline, inputs, job)
    return rows, replace(report, not_finite=tuple(range(len(inputs))))


def test_a_load_that_failed_takes_no_memory_and_is_tried_again(shelf_of, monkeypatch):
    sizes = {name: shelf_of(name).served[name].bytes for name in ("vectors", "scores")}
    shelf = shelf_of(*sizes, memory=max(sizes.values()))
    tries = []

    def broken(*_, **__):
        tries.append(1)
        raise BadModel("spoilt")

    monkeypatch.setattr(CrossEncoder, "predict", broken)

    async def main():
        for _ in range(2):
            with pytest.raises(BadModel):
                async with shelf.use(shelf.served["scores"]):
                    pass
        async with shelf.use(shelf.served["vectors"]):
            return shelf.loaded

    assert asyncio.run(main()) == 1
    assert len(tries) == 2


def test_requests_that_come_at_once_load_a_model_once_and_none_of_them_ends_that(
    shelf_of, monkeypatch
):
    shelf = shelf_of("vectors")
    served = shelf.served["vectors"]
    begun, go_on, tries = Event(), Event(), []
    original = Served.try_out

    def slowly(self):
        tries.append(1)
        begun.set()
        assert go_on.wait(60)
        return original(self)

    monkeypatch.setattr(Served, "try_out", slowly)

    async def one():
        async with shelf.use(served) as model:
            return model

    async def main():
        first, *others = (asyncio.create_task(one()) for _ in range(5))
        await asyncio.to_thread(begun.wait, 60)
        first.cancel()
        await asyncio.wait([first])
        assert not served.is_loaded
        go_on.set()
        return first.cancelled(), [await each for each in others]

    cancelled, found = asyncio.run(main())
    assert cancelled
    assert found == [served.model] * 4
    assert (len(tries), served.calls) == (1, 0)


def test_on_demand_a_model_is_loaded_by_its_first_request(app_of):
    async def ask(client):
        before = (await client.get("/metrics")).body.decode()
        await client.post("/embed", {"inputs": "a"})
        return before, (await client.get("/metrics")).body.decode()

    before, after = talk(app_of("vectors", "scores", on_demand=True), ask)
    assert "isomorph_models_loaded 0" in before
    assert "isomorph_models_loaded 1" in after
