"""Models that take turns in a memory for one of them: everybody is answered, and nobody is passed over."""

import asyncio

import pytest

from isomorph_server.models import Served
from isomorph_server.refusals import Refused

NAMES = ("vectors", "scores", "weights")


@pytest.fixture
def shelf(shelf_of, monkeypatch):
    """A shelf with room for one model, which loads none in earnest."""
    monkeypatch.setattr(Served, "try_out", lambda self: True)
    sizes = [shelf_of(name).served[name].bytes for name in NAMES]
    return shelf_of(*NAMES, memory=max(sizes))


def loaded(shelf):
    return [name for name, each in shelf.served.items() if each.is_loaded]


async def turns():
    for _ in range(50):
        await asyncio.sleep(0)


def test_who_needs_another_model_waits_until_the_calls_of_the_first_have_ended(shelf):
    order = []

    async def use(name, end):
        async with shelf.use(shelf.served[name]):
            order.append(name)
            assert loaded(shelf) == [name]
            await end.wait()

    async def main():
        first, others = asyncio.Event(), asyncio.Event()
        others.set()
        tasks = [asyncio.create_task(use("vectors", first)) for _ in range(3)]
        while len(order) < 3:
            await asyncio.sleep(0.001)
        tasks.append(asyncio.create_task(use("scores", others)))
        while not shelf.served["vectors"].is_leaving:
            await asyncio.sleep(0.001)
        tasks += [asyncio.create_task(use("vectors", others)) for _ in range(3)]
        await turns()
        assert order == ["vectors"] * 3, "those that come later do not pass by"
        first.set()
        await asyncio.gather(*tasks)

    asyncio.run(main())
    assert order == ["vectors"] * 3 + ["scores"] + ["vectors"] * 3
    assert {each.calls for each in shelf.served.values()} == {0}


def test_many_at_once_are_all_answered(shelf):
    answered = []

    async def use(number):
        name = NAMES[number % 3]
        async with shelf.use(shelf.served[name]):
            assert loaded(shelf) == [name]
            await asyncio.sleep(0)
            answered.append(number)

    async def main():
        tasks = [asyncio.create_task(use(number)) for number in range(90)]
        await asyncio.sleep(0)
        for task in tasks[::7]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(main())
    left = sum(isinstance(each, asyncio.CancelledError) for each in found)
    assert left == len(range(0, 90, 7))
    assert len(answered) == 90 - left
    assert {each.calls for each in shelf.served.values()} == {0}


def test_who_waits_too_long_is_refused_and_takes_nothing_away(shelf_of, monkeypatch):
    monkeypatch.setattr(Served, "try_out", lambda self: True)
    size = max(shelf_of(name).served[name].bytes for name in NAMES)
    shelf = shelf_of(*NAMES, memory=size, seconds=0.05)
    vectors, scores = shelf.served["vectors"], shelf.served["scores"]

    async def main():
        async with shelf.use(vectors):
            with pytest.raises(Refused, match="at work") as refused:
                async with shelf.use(scores):
                    pass
            assert refused.value.status == 503
            assert refused.value.headers["retry-after"]
            async with shelf.use(vectors):
                assert loaded(shelf) == ["vectors"]
        async with shelf.use(scores):
            return loaded(shelf)

    assert asyncio.run(main()) == ["scores"]
    assert scores.is_ready
