"""Calls of few inputs and of many: which runner they take, and when one is loaded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.core.pool.conftest import LOADERS, TEXTS

from isomorph import SentenceTransformer
from isomorph.contract import Claim, Device, Options, SessionInfo
from isomorph.machine.afterwards import AFTERWARDS
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.plan import Plan
from isomorph.runtime.runners import Runners
from isomorph.tuned.choice import PLAIN, Setting

CPU = Device("cpu")


class Opened:
    """A session that remembers with which options it was loaded."""

    def __init__(self, claim, options):
        self.options = options
        self.closed = 0
        self.effective = SessionInfo(
            claim.device, "none", provider="none", threads=options.threads, lanes=options.lanes
        )

    def close(self):
        self.closed += 1


class Loading:
    """A backend of which the runners only ever load; `claim` is what it claims."""

    def __init__(self, claim):
        self.claimed = claim
        self.sessions = []

    def claim(self, model, device):
        return replace(self.claimed, device=device)

    def load(self, model, claim, options):
        self.sessions.append(Opened(claim, options))
        return self.sessions[-1]


@pytest.fixture
def plan():
    with SentenceTransformer(LOADERS[SentenceTransformer], backend="reference") as model:
        yield model.__loaded__().pipeline.plan


def runners(plan, monkeypatch, cpus=4, setting=PLAIN, **claimed):
    monkeypatch.setattr("isomorph.runtime.runners.effective_cpus", lambda: cpus)
    claim = Claim(CPU, len(plan.model.graph), lanes=64, **claimed)
    backend = Loading(claim)

    def plan_for(output, device):
        own = replace(claim, device=device)
        return Plan(plan.model, plan.info, backend, own, setting=setting)

    return Runners(plan_for, Options()), backend


def test_few_inputs_share_all_threads_and_many_have_lanes(plan, monkeypatch):
    ours, backend = runners(plan, monkeypatch, latency=True)
    few = ours.get("sentence_embedding", CPU, True)
    many = ours.get("sentence_embedding", CPU, False)
    assert many is not few
    shapes = [(s.options.threads, s.options.lanes) for s in backend.sessions]
    assert shapes == [(4, 1), (4, 4)]
    assert len(ours) == 2


@pytest.mark.parametrize(("cpus", "wide"), [(4, False), (1, True)])
def test_one_session_is_enough_where_it_makes_no_difference(plan, monkeypatch, cpus, wide):
    ours, backend = runners(plan, monkeypatch, cpus=cpus, latency=wide)
    assert ours.get("sentence_embedding", CPU, True) is ours.get("sentence_embedding", CPU, False)
    assert [s.options.lanes for s in backend.sessions] == [cpus]
    assert len(ours) == 1


@pytest.mark.parametrize("first", [True, False])
def test_one_session_serves_both_where_memory_is_short(plan, monkeypatch, first):
    weights = 4 * sum(
        int(np.prod(tensor.shape)) for own in plan.model.tensors.values() for tensor in own.values()
    )
    ours, backend = runners(plan, monkeypatch, latency=True)
    monkeypatch.setattr("isomorph.runtime.runners.free_memory", lambda: 2 * weights - 1)
    found = ours.get("sentence_embedding", CPU, first)
    assert ours.get("sentence_embedding", CPU, not first) is found
    assert len(backend.sessions) == len(ours) == 1
    ours.close()
    monkeypatch.setattr("isomorph.runtime.runners.free_memory", lambda: 2 * weights)
    assert ours.get("sentence_embedding", CPU, True) is not ours.get(
        "sentence_embedding", CPU, False
    )


def test_a_session_that_shares_weights_needs_no_room_and_knows_its_neighbour(plan, monkeypatch):
    ours, backend = runners(plan, monkeypatch, latency=True, shares_weights=True)
    monkeypatch.setattr("isomorph.runtime.runners.free_memory", lambda: 0)
    ours.get("sentence_embedding", CPU, True)
    ours.get("sentence_embedding", CPU, False)
    ours.get("sentence_embedding", Device("gpu"), False)
    first, second, other = (session.options.beside for session in backend.sessions)
    assert (first, second, other) == (None, backend.sessions[0], None)


def test_a_question_loads_nothing_that_is_not_needed(plan, monkeypatch):
    ours, backend = runners(plan, monkeypatch, latency=True)
    few = ours.get("sentence_embedding", CPU, True)
    assert ours.any("sentence_embedding", CPU) is few
    many = ours.get("sentence_embedding", CPU, False)
    assert ours.any("sentence_embedding", CPU) is many
    assert len(backend.sessions) == 2


def test_every_device_has_its_own(plan, monkeypatch):
    ours, backend = runners(plan, monkeypatch, latency=True)
    ours.get("sentence_embedding", CPU, True)
    ours.get("sentence_embedding", Device("gpu"), True)
    assert [str(s.effective.device) for s in backend.sessions] == ["cpu", "gpu:0"]


@pytest.mark.parametrize("wide", [True, False])
def test_closing_frees_each_session_once(plan, monkeypatch, wide):
    ours, backend = runners(plan, monkeypatch, latency=wide)
    for shared in (True, False):
        ours.get("sentence_embedding", CPU, shared)
    ours.close()
    assert AFTERWARDS.settle(120)  # a busy machine may take longer than `close` waits
    assert [s.closed for s in backend.sessions] == [1] * (2 if wide else 1)
    assert len(ours) == 0


def test_both_kinds_give_the_same_vectors(backend):
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        together = model.encode(TEXTS)
        alone = np.stack([model.encode(text) for text in TEXTS])
        assert np.abs(together - alone).max() <= 1e-5 * np.abs(together).max()
        claim = model.__loaded__().pipeline.plan.claim
        many = claim.latency and model.report().threads > 1
        assert model.report().sessions == (2 if many else 1)


def test_what_a_call_holds_decides_which_session_it_takes(backend, monkeypatch):
    monkeypatch.setattr("isomorph.runtime.runners.effective_cpus", lambda: 2)
    taken = []
    usual = Runners.get

    def get(self, output, device, shared):
        taken.append(shared)
        return usual(self, output, device, shared)

    monkeypatch.setattr(Runners, "get", get)
    even = [f"{number} {'word ' * 20}" for number in range(16)]
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        for texts in ("one", ["one", "two", "three"], even, even[:2]):
            model.encode(texts)
        model.encode(["one", "two", "three"], deterministic=True)
        differs = model.__loaded__().pipeline.plan.claim.latency
    assert taken == [True, differs, False, False, False]


def test_inputs_of_several_windows_are_never_prepared_together(monkeypatch):
    texts, known = ["one", "two", "three"], []
    usual = Pipeline._windows

    def windows(self, distinct, job, whole, bad):
        known.append(whole)
        return usual(self, distinct, job, whole, bad)

    monkeypatch.setattr(Pipeline, "_windows", windows)
    monkeypatch.setattr("isomorph.runtime.runners.effective_cpus", lambda: 2)
    monkeypatch.setattr("isomorph.runtime.pipeline.has_two_kinds", lambda plan, lanes: True)
    with SentenceTransformer(LOADERS[SentenceTransformer], backend="reference") as model:
        model.encode(texts)
        apart = [slice(0, 1), slice(1, 3)]
        monkeypatch.setattr("isomorph.runtime.pipeline.places", lambda items, inputs: apart)
        model.encode(texts)
    assert known == [True, False]


def test_a_deterministic_call_takes_the_same_session_always(backend):
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        model.encode(TEXTS, deterministic=True)
        model.encode(TEXTS[0], deterministic=True)
        assert model.report().sessions == 1


@pytest.mark.parametrize(
    ("setting", "shapes"),
    [
        (Setting(lanes=2), [(4, 2), (4, 1)]),
        (Setting(threads=2), [(2, 2), (4, 1)]),
        (Setting(threads=2, lanes=1), [(2, 1)]),
        (Setting(latency=False), [(4, 4)]),
        (Setting(lanes=64, threads=64), [(4, 4), (4, 1)]),
    ],
)
def test_a_setting_says_lanes_threads_and_whether_few_inputs_have_their_own(
    plan, monkeypatch, setting, shapes
):
    ours, backend = runners(plan, monkeypatch, setting=setting, latency=True)
    ours.get("sentence_embedding", CPU, False)
    ours.get("sentence_embedding", CPU, True)
    assert [(s.options.threads, s.options.lanes) for s in backend.sessions] == shapes


@pytest.mark.parametrize("tokens", [64, 2048])
def test_a_setting_says_how_many_tokens_a_forward_has(plan, monkeypatch, tokens):
    ours, _ = runners(plan, monkeypatch, setting=Setting(tokens=tokens, lanes=1))
    runner = ours.get("sentence_embedding", CPU, False)
    assert runner.budget.tokens(16) == tokens
    batches = runner.batches(np.full(4096, 16, np.int64))
    assert max(len(batch.rows) * batch.width for batch in batches) == min(tokens, 64 * 16)
