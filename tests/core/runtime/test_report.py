"""What a call computed: its tokens, and the padding beside them."""

import numpy as np
from tests.core.pool.conftest import LOADERS

from isomorph import SentenceTransformer
from isomorph.runtime.report import CallReport
from isomorph.schedule.batches import Batch
from isomorph.schedule.work import Work

SHORT, LONG = "the river", "the river carries stones to the sea and the sea keeps them"


def test_padding_is_what_forwards_have_beside_real_tokens():
    work = Work(padded=True)
    work.add(Batch((0, 2), 7), np.array([7, 99, 4]))
    work.add(Batch((1,), 99, blank=1), np.array([7, 99, 4]))
    assert (work.tokens, work.padding) == (7 + 4 + 99, 3 + 99)
    spared = Work(padded=False)
    spared.add(Batch((0, 2), 7), np.array([7, 99, 4]))
    assert (spared.tokens, spared.padding) == (11, 0)


def test_calls_behind_each_other_are_added_up():
    total = CallReport(2, (1,), 8, 20, 3).followed_by(CallReport(3, (0,), 8, 30, 4))
    assert total == CallReport(5, (1, 2), 8, 50, 7)


def test_a_call_reports_its_tokens_and_its_padding(backend):
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        lengths = [len(model.tokenizer.encode(text).ids) for text in (SHORT, LONG)]
        _, call = model.encode([SHORT, LONG, SHORT], prompt="", return_report=True)
        runner = model.__loaded__().pipeline.runner("sentence_embedding")
        wasted = max(lengths) - min(lengths) if runner.padded else 0
        steps = (
            8 if runner.padded and runner.plan.claim.max_shapes is not None else 1
        )  # of widths, for so few texts
        assert call.tokens == sum(lengths)
        assert wasted <= call.padding < wasted + 2 * steps
        report = model.report()
        assert (report.tokens, report.padding) == (call.tokens, call.padding)
        model.encode(SHORT, prompt="")
        assert model.report().tokens == min(lengths)
        assert 0 <= model.report().padding < steps


def test_workers_report_theirs(backend):
    with SentenceTransformer(LOADERS[SentenceTransformer], backend=backend) as model:
        texts = [SHORT, LONG, SHORT + " too"]
        _, here = model.encode(texts, return_report=True)
        with model.start_multi_process_pool(["cpu"]) as pool:
            _, there = model.encode(texts, pool=pool, chunk_size=3, return_report=True)
        assert there == here
