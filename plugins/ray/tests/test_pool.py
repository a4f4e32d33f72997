"""Calls in a pool of actors: the numbers of a call alone, also where a node is killed in the middle."""

import numpy as np
import pytest
from drawn import RANDOM
from ray_clusters import added
from ray_models import KILLS, PLACES, texts

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.contract import Pool
from isomorph.errors import InputError, PoolBroken
from isomorph_ray import ActorPool

BACKEND = "reference"


def test_calls_of_every_class(cluster):
    inputs = texts(300)
    model = SentenceTransformer(PLACES["vectors"], backend=BACKEND)
    scorer = CrossEncoder(PLACES["scores"], backend=BACKEND)
    sparse = SparseEncoder(PLACES["weights"], backend=BACKEND)
    late = MultiVectorEncoder(PLACES["tokens"], backend=BACKEND)
    with ActorPool(3) as pool:
        assert isinstance(pool, Pool)
        wanted = model.encode(inputs)
        np.testing.assert_allclose(model.encode(inputs, pool=pool), wanted, atol=1e-5)
        pairs = [(inputs[0], each) for each in inputs[:40]]
        found = scorer.predict(pairs, pool=pool)
        np.testing.assert_allclose(found, scorer.predict(pairs), atol=1e-5)
        found = sparse.encode(inputs[:20], pool=pool).toarray()
        np.testing.assert_allclose(found, sparse.encode(inputs[:20]).toarray(), atol=1e-5)
        for one, other in zip(
            late.encode(inputs[:20], pool=pool), late.encode(inputs[:20]), strict=True
        ):
            np.testing.assert_allclose(one, other, atol=1e-5)
        with pytest.raises(InputError, match="longer than"):
            model.encode(["river " * 900], pool=pool, on_long="error")
    with pytest.raises(PoolBroken, match="closed"):
        model.encode(inputs, pool=pool)


def test_actors_that_never_start_end_the_call(cluster, monkeypatch):
    class Stillborn:
        def __init__(self, *arguments):
            raise LookupError("no such place")

        def ready(self):
            return True

    monkeypatch.setattr("isomorph_ray.pool.Holder", Stillborn)
    model = SentenceTransformer(PLACES["vectors"], backend=BACKEND)
    with (
        ActorPool(1, num_cpus=0.1, tries=2) as pool,
        pytest.raises(PoolBroken, match=r"3 actors in a row ended(.|\n)*no such place"),
    ):
        model.encode(texts(3), pool=pool)


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_node_is_killed_in_the_middle(cluster, kill):
    made, nodes = cluster
    inputs = texts(300)
    model = SentenceTransformer(PLACES["vectors"], backend=BACKEND)
    wanted = model.encode(inputs)
    with ActorPool(3) as pool:
        model.encode(inputs, pool=pool)  # every actor has loaded the model
        came, at, answers = 0, int(RANDOM.integers(1, 20)), pool.answers

        def killing(parcel, chunks):
            """As the pool's own, with a node killed behind some answer; nothing of it is waited for."""
            nonlocal came
            for each in answers(parcel, chunks):
                came += 1
                if came == at:
                    made.remove_node(nodes[kill % 3], allow_graceful=False)
                yield each

        pool.answers = killing
        found = model.encode(inputs, pool=pool, chunk_size=5)
        np.testing.assert_allclose(found, wanted, atol=1e-5)
        assert came == 60
        del pool.answers
        np.testing.assert_allclose(model.encode(inputs, pool=pool), wanted, atol=1e-5)
        assert pool.ended >= 1
        added(made)
        np.testing.assert_allclose(model.encode(inputs, pool=pool), wanted, atol=1e-5)


@pytest.mark.parametrize("kwargs", [{"workers": 0}, {"workers": 1, "tries": 0}, {"workers": True}])
def test_numbers_that_cannot_be(kwargs):
    with pytest.raises(InputError, match="at least 1"):
        ActorPool(**kwargs)
