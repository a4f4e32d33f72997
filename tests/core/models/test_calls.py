"""What a call computes and when: equal inputs once, long calls window by window, refusals first."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import InputError, TruncationWarning
from isomorph.postprocess.tensors import LIBRARY
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.plan import Runner
from isomorph.schedule import windows

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = ["the river carries stones", "a sea", "", "stones"]
REPEATED = [TEXTS[index] for index in (0, 1, 0, 2, 3, 1, 0)]
LONG = "river " * 90


@pytest.fixture
def model(folder):
    return SentenceTransformer(folder, backend="reference")


@pytest.fixture
def ran(monkeypatch):
    """The numbers of rows of all forwards from now on."""
    rows, original = [], Runner.forward

    def counted(self, feeds):
        rows.append(len(feeds["input_ids"]))
        return original(self, feeds)

    monkeypatch.setattr(Runner, "forward", counted)
    return rows


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(windows.places, "__defaults__", (3,))


class TestEqualInputs:
    def test_texts_are_computed_once(self, model, ran):
        want = model.encode(TEXTS)
        ran.clear()
        found = model.encode(REPEATED)
        assert sum(ran) == len(TEXTS)
        np.testing.assert_array_equal(found, want[[0, 1, 0, 2, 3, 1, 0]])

    def test_pairs_are_computed_once(self, ran):
        path = PARITY / "cross_encoders" / "models" / "bert-typed"
        with CrossEncoder(path, backend="reference") as reranker:
            scores = reranker.predict([("a", "b"), ("b", "a"), ("a", "b")])
        assert sum(ran) == 2
        assert scores[0] == scores[2] != scores[1]

    def test_the_report_speaks_of_every_input(self, model):
        with pytest.warns(TruncationWarning, match="3 of 5 inputs"):
            _, call = model.encode([LONG, "a", LONG, "a", LONG], return_report=True)
        assert (call.texts, call.truncated) == (5, (0, 2, 4))
        with pytest.raises(InputError, match=r"3 of 5 inputs .* first of them input 1"):
            model.encode(["a", LONG, "a", LONG, LONG], on_long="error")

    @pytest.mark.parametrize("to_tensor", [False, True])
    def test_token_embeddings_do_not_share_memory(self, model, to_tensor):
        if to_tensor:
            pytest.importorskip(LIBRARY)
        found = model.encode(
            ["a sea", "a sea"], output_value="token_embeddings", convert_to_tensor=to_tensor
        )
        found[0][:] = 7
        assert (found[1] != 7).all()

    def test_token_vectors_do_not_share_memory(self):
        path = sorted((PARITY / "multi_vector" / "models").iterdir())[0]
        with MultiVectorEncoder(path, backend="reference") as encoder:
            found = encoder.encode_document(["a sea", "a sea"])
        np.testing.assert_array_equal(found[0], found[1])
        found[0][:] = 7
        assert (found[1] != 7).all()

    def test_sparse_rows(self):
        path = sorted((PARITY / "sparse" / "models").iterdir())[0]
        with SparseEncoder(path, backend="reference") as encoder:
            found = encoder.encode(["a sea", "river", "a sea"], convert_to_sparse_tensor=False)
        np.testing.assert_array_equal(found[0], found[2])
        assert (found[0] != found[1]).any()

    def test_the_bar_counts_every_text(self, model, capsys):
        model.encode(REPEATED, show_progress_bar=True)
        assert f"{len(REPEATED)}/{len(REPEATED)}" in capsys.readouterr().err


@pytest.mark.usefixtures("small_windows")
class TestLongCalls:
    TEXTS = tuple(f"the river {'stones ' * (index * 7 % 11)}{index}" for index in range(20))

    def test_the_same_vectors_in_the_same_order(self, model, monkeypatch):
        found = model.encode(list(self.TEXTS))
        monkeypatch.undo()
        np.testing.assert_allclose(found, model.encode(list(self.TEXTS)), rtol=0, atol=1e-6)

    def test_cut_texts_are_numbered_through(self, model):
        texts = [f"{LONG} {index}" if index in (1, 7, 19) else str(index) for index in range(20)]
        with pytest.warns(TruncationWarning):
            _, call = model.encode(texts, return_report=True)
        assert call.truncated == (1, 7, 19)

    def test_a_long_text_in_the_last_window_is_refused_before_any_forward(self, model, ran):
        with pytest.raises(InputError, match=r"1 of 8 inputs .* first of them input 7"):
            model.encode([*map(str, range(7)), LONG], on_long="error")
        assert ran == []

    def test_half_a_character_in_the_last_window_is_refused_before_any_forward(self, model, ran):
        with pytest.raises(InputError, match="Input 8 holds half of a surrogate pair"):
            model.encode(["a", *map(str, range(7)), "\ud83d"])
        assert ran == []

    @pytest.mark.parametrize("on_long", ["truncate", "error"])
    def test_every_text_is_tokenised_once(self, model, monkeypatch, on_long):
        seen, original = [], TextEncoder.plain_ids

        def counted(self, texts, *arguments):
            seen.extend(texts)
            return original(self, texts, *arguments)

        monkeypatch.setattr(TextEncoder, "plain_ids", counted)
        model.encode(list(self.TEXTS), on_long=on_long)
        assert seen == list(self.TEXTS)


def test_many_callers_share_the_lanes_of_a_model(backend):
    running, most, lock = 0, 0, threading.Lock()
    with SentenceTransformer(PARITY / "models" / "long-chain", backend=backend) as model:
        pipeline: Pipeline = model.__loaded__().pipeline
        runner = pipeline.runner("sentence_embedding")
        session = runner.session

        class Watched:
            effective = session.effective

            def forward(self, values):
                nonlocal running, most
                with lock:
                    running += 1
                    most = max(most, running)
                time.sleep(0.003)
                try:
                    return session.forward(values)
                finally:
                    with lock:
                        running -= 1

        want = model.encode(TEXTS)
        runner.session = Watched()
        found = [None] * 8

        def call(number):
            found[number] = model.encode(TEXTS, batch_size=1)

        callers = [threading.Thread(target=call, args=(number,)) for number in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        runner.session = session
    assert most <= runner.lanes
    for vectors in found:
        np.testing.assert_allclose(vectors, want, rtol=0, atol=1e-5)
