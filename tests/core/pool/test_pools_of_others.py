"""Pools that follow the protocol of the contract: what they get, what they may do, and what is refused."""

import pickle
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.contract import Pool
from isomorph.errors import InputError, PoolBroken

from .conftest import LOADERS, LONG, TEXTS


class Threads:
    """Workers that are threads; each gets the parcel through a pickle, as another process would."""

    workers = 3

    def __init__(self, change=lambda found: found):
        self.change, self.held, self.read, self.closed = change, {}, 0, False

    def answers(self, parcel, chunks):
        worker = self.held.get(parcel.key)
        if worker is None:
            worker = self.held[parcel.key] = pickle.loads(pickle.dumps(parcel)).unpack("cpu")
        try:
            with ThreadPoolExecutor(self.workers) as pool:
                places = {pool.submit(worker.answer, each): n for n, each in enumerate(chunks)}
                found = [(places[done], done.result()) for done in as_completed(places)]
            yield from self.change(found)
        finally:
            self.closed = True


@pytest.fixture(scope="module")
def model():
    return SentenceTransformer(LOADERS[SentenceTransformer], backend="reference")


@pytest.fixture
def threads():
    made = []

    def make(**kwargs):
        made.append(Threads(**kwargs))
        return made[-1]

    yield make
    for each in made:
        for worker in each.held.values():
            worker.close()


@pytest.mark.parametrize("kind", LOADERS, ids=lambda kind: kind.__name__)
def test_every_class_gives_what_it_gives_alone(kind, threads):
    model = kind(LOADERS[kind], backend="reference")
    pool = threads()
    assert isinstance(pool, Pool)
    if kind is CrossEncoder:
        pairs = [(TEXTS[0], each) for each in TEXTS]
        found, wanted = model.predict(pairs, pool=pool), model.predict(pairs)
    else:
        found, wanted = model.encode(TEXTS, pool=pool, chunk_size=7), model.encode(TEXTS)
    if kind is SparseEncoder:
        found, wanted = found.toarray(), wanted.toarray()
    if kind is MultiVectorEncoder:
        found, wanted = np.concatenate(found), np.concatenate(wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_answers_may_come_in_any_order(model, threads):
    found = model.encode(TEXTS, pool=threads(change=lambda found: found[::-1]), chunk_size=3)
    np.testing.assert_allclose(found, model.encode(TEXTS), atol=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: found[1:], "answered 13 of 14"),
        (lambda found: [*found, found[0]], "twice"),
        (lambda found: [(n + 1, each) for n, each in found], "another's|twice"),
        (lambda found: [(n - 1, each) for n, each in found], "another's|twice"),
    ],
)
def test_no_row_is_lost_or_doubled(model, threads, change, words):
    pool = threads(change=change)
    with pytest.raises(PoolBroken, match=words):
        model.encode(TEXTS, pool=pool, chunk_size=3)
    assert pool.closed


def test_one_pool_serves_models_in_turn(model, threads):
    other = MultiVectorEncoder(LOADERS[MultiVectorEncoder], backend="reference")
    pool = threads()
    for _ in range(2):
        model.encode(TEXTS, pool=pool)
        other.encode(TEXTS, pool=pool)
    assert len(pool.held) == 2
    for worker in pool.held.values():
        assert callable(worker.answer)


def test_reports_are_those_of_the_whole_call(model, threads):
    texts = [*TEXTS, LONG, *TEXTS]
    _, report = model.encode(texts, pool=threads(), chunk_size=9, return_report=True)
    _, alone = model.encode(texts, return_report=True)
    assert (report.texts, report.truncated) == (alone.texts, alone.truncated)


def test_an_error_of_the_model_is_the_callers(model, threads):
    with pytest.raises(InputError, match="longer than"):
        model.encode([*TEXTS, LONG], pool=threads(), on_long="error")


def test_what_cannot_be_sent(model, threads):
    with pytest.raises(InputError, match="neither what start_multi_process_pool"):
        model.encode(TEXTS, pool=object())
    with pytest.raises(InputError, match="leave out device"):
        model.encode(TEXTS, pool=threads(), device="cpu")


def test_no_inputs(model, threads):
    assert model.encode([], pool=threads()).shape == (0, model.get_embedding_dimension())


def swapped(found):
    """The answers of the first two chunks, each at the place of the other."""
    places = {0: 1, 1: 0}
    return [(places.get(place, place), answer) for place, answer in found]


def test_answers_at_the_places_of_others_are_refused(model, threads):
    with pytest.raises(PoolBroken, match="twice, or another's"):
        model.encode(LONG, pool=threads(change=swapped))


def test_answers_to_the_chunks_of_another_call_are_refused(model, threads):
    kept = []

    def keeping(found):
        kept.extend(found)
        return found

    model.encode(LONG, pool=threads(change=keeping))
    with pytest.raises(PoolBroken, match="twice, or another's"):
        model.encode(LONG[::-1], pool=threads(change=lambda found: kept))


def ending(error):
    def change(found):
        raise error

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (ending(KeyError("lost")), "KeyError: 'lost'"),
        (ending(SystemExit(3)), "SystemExit: 3"),
        (lambda found: [(place, b"x") for place, _ in found], "UnpicklingError"),
        (lambda found: [(place, None) for place, _ in found], "TypeError"),
        (lambda found: [(place, pickle.dumps(5)) for place, _ in found], "5, which no worker"),
        (lambda found: [place for place, _ in found], "TypeError"),
        (lambda found: [("first", answer) for _, answer in found], "TypeError"),
    ],
)
def test_a_pool_that_fails_is_named(model, threads, change, said):
    named = f"The pool .*Threads failed in answers: .*{said}.*in that pool"
    with pytest.raises(PoolBroken, match=named):
        model.encode(LONG, pool=threads(change=change))


def test_a_pool_without_a_number_of_workers_is_named(model, threads):
    pool = threads()
    pool.workers = "three"
    with pytest.raises(PoolBroken, match=r"Threads failed in workers: .*'three', no number"):
        model.encode(LONG, pool=pool)
