"""encode_iter and encode(out=…): the numbers of encode, without having everything in memory."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

from isomorph import MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import InputError, TruncationWarning
from isomorph.models.windows import IN_FLIGHT, in_order
from isomorph.runtime.plan import Runner
from isomorph.schedule import windows

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = [f"the river {'stones ' * (index * 7 % 11)}{index}" for index in range(20)]
LONG = "river " * 90


@pytest.fixture
def model(folder):
    return SentenceTransformer(folder, backend="reference")


@pytest.fixture
def no_forward(monkeypatch):
    def fail(self, feeds):
        raise AssertionError("a forward ran")

    monkeypatch.setattr(Runner, "forward", fail)


def same(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


class TestIterator:
    @pytest.mark.parametrize("size", [1, 3, 20, 100])
    def test_the_vectors_of_encode_in_their_order(self, model, size):
        found = list(model.encode_iter(iter(TEXTS), window_size=size, normalize_embeddings=True))
        same(np.stack(found), model.encode(TEXTS, normalize_embeddings=True))

    def test_no_inputs(self, model):
        assert list(model.encode_iter([])) == []

    def test_the_source_is_read_as_it_is_needed_and_by_the_caller(self, model):
        read = []

        def source():
            for text in TEXTS:
                read.append(threading.current_thread())
                yield text

        coming = model.encode_iter(source(), window_size=2)
        assert read == []
        next(coming)
        assert len(read) == 2 * IN_FLIGHT
        coming.close()
        assert len(read) == 2 * IN_FLIGHT
        assert set(read) == {threading.current_thread()}

    def test_one_warning_and_a_report_of_all(self, model):
        texts = [f"{LONG} {index}" if index in (1, 7, 19) else str(index) for index in range(20)]
        with pytest.warns(TruncationWarning, match="3 of 20 inputs were cut at 64") as caught:
            list(model.encode_iter(texts, window_size=3))
        assert [each.filename for each in caught] == [__file__]
        report = model.report()
        assert (report.texts, report.truncated) == (20, (1, 7, 19))

    def test_a_long_input_can_end_it(self, model):
        coming = model.encode_iter(["a", "b", LONG], window_size=1, on_long="error")
        next(coming)
        with pytest.raises(InputError, match="longer than 64 tokens"):
            list(coming)

    @pytest.mark.parametrize(
        ("inputs", "options"),
        [
            ("a single text", {}),
            (None, {}),
            (TEXTS, {"window_size": 0}),
            (TEXTS, {"precision": "int8"}),
            (TEXTS, {"return_report": True}),
            (TEXTS, {"out": np.zeros((20, 32), np.float32)}),
            (TEXTS, {"no_such": 1}),
            (TEXTS, {"prompt_name": "no such"}),
            (TEXTS, {"on_long": "no_such"}),
        ],
    )
    def test_arguments_are_refused_at_once(self, model, inputs, options):
        with pytest.raises(InputError):
            model.encode_iter(inputs, **options)

    def test_an_input_that_is_no_text(self, model):
        with pytest.raises(InputError, match="takes texts"):
            list(model.encode_iter(["a", 7]))

    def test_token_vectors(self):
        path = PARITY / "multi_vector" / "models" / "fixed"
        with MultiVectorEncoder(path, backend="reference") as encoder:
            wanted = encoder.encode(TEXTS, task="query")
            found = list(encoder.encode_iter(TEXTS, window_size=3, task="query"))
        for one, other in zip(found, wanted, strict=True):
            same(one, other)

    def test_sparse_rows(self):
        path = PARITY / "sparse" / "models" / "splade-max"
        with SparseEncoder(path, backend="reference") as encoder:
            wanted = encoder.encode(TEXTS)
            found = list(encoder.encode_iter(TEXTS, window_size=3))
        assert {row.shape for row in found} == {(1, wanted.shape[1])}
        rows = np.concatenate([row.toarray() for row in found])
        np.testing.assert_allclose(rows, wanted.toarray(), rtol=0, atol=1e-5)


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(windows.places, "__defaults__", (3,))


class Rows:
    """A destination that remembers what it was given."""

    def __init__(self):
        self.blocks = []

    def write(self, start, rows):
        self.blocks.append((start, rows))


@pytest.mark.usefixtures("small_windows")
class TestDestination:
    def test_an_array_mapped_from_a_file(self, model, tmp_path):
        wanted = model.encode(TEXTS)
        path = tmp_path / "rows.npy"
        out = np.lib.format.open_memmap(path, "w+", np.float32, wanted.shape)
        assert model.encode(TEXTS, out=out) is out
        out.flush()
        same(np.load(path), wanted)

    def test_a_writer_gets_blocks_in_their_order(self, model):
        out = Rows()
        assert model.encode(TEXTS, out=out, truncate_dim=5) is out
        starts = [start for start, _ in out.blocks]
        assert len(starts) > 1
        assert starts == np.cumsum([0, *(len(rows) for _, rows in out.blocks)])[:-1].tolist()
        rows = np.concatenate([rows for _, rows in out.blocks])
        same(rows, model.encode(TEXTS, truncate_dim=5))

    def test_bits(self, model):
        wanted = model.encode(TEXTS, precision="ubinary")
        out = np.zeros_like(wanted)
        model.encode(TEXTS, precision="ubinary", out=out)
        np.testing.assert_array_equal(out, wanted)

    def test_the_report_speaks_of_all(self, model):
        texts = [*TEXTS, LONG]
        with pytest.warns(TruncationWarning, match="1 of 21 inputs") as caught:
            _, call = model.encode(texts, out=Rows(), return_report=True)
        assert [each.filename for each in caught] == [__file__]
        assert (call.texts, call.truncated) == (21, (20,)) == (21, model.report().truncated)

    @pytest.mark.usefixtures("no_forward")
    @pytest.mark.parametrize(
        "out",
        [
            np.zeros((20, 31), np.float32),
            np.zeros((19, 32), np.float32),
            np.zeros((20, 32), np.float64),
            np.zeros(20, np.float32),
            np.broadcast_to(np.float32(0), (20, 32)),
            object(),
        ],
    )
    def test_what_cannot_hold_the_rows_is_refused_first(self, model, out):
        with pytest.raises(InputError, match="out"):
            model.encode(TEXTS, out=out)

    @pytest.mark.usefixtures("no_forward")
    def test_an_open_file_is_no_writer(self, model, tmp_path):
        with (tmp_path / "rows").open("wb") as file, pytest.raises(InputError, match="start, rows"):
            model.encode(TEXTS, out=file)

    @pytest.mark.usefixtures("no_forward")
    @pytest.mark.parametrize(
        "options",
        [
            {"precision": "uint8"},
            {"output_value": "token_embeddings"},
            {"convert_to_tensor": True},
        ],
    )
    def test_results_that_are_no_rows_are_refused_first(self, model, options):
        with pytest.raises(InputError):
            model.encode(TEXTS, out=Rows(), **options)
        with pytest.raises(InputError, match="single"):
            model.encode("a text", out=Rows())

    @pytest.mark.usefixtures("no_forward")
    def test_inputs_are_refused_first(self, model):
        with pytest.raises(InputError, match="first of them input 20"):
            model.encode([*TEXTS, LONG], out=Rows(), on_long="error")
        with pytest.raises(InputError, match="Input 20 holds half"):
            model.encode([*TEXTS, "\ud83d"], out=Rows())


def test_long_inputs_can_be_cut_in_silence(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, call = model.encode([LONG], on_long="report", return_report=True)
    assert (call.truncated, call.max_length) == ((0,), 64)


def test_results_come_in_order_and_few_at_once():
    running, most, lock = 0, 0, threading.Lock()
    second = threading.Event()

    def work(item):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if item == 0:
            assert second.wait(10)
        if item == 1:
            second.set()
        with lock:
            running -= 1
        return item * 2

    assert list(in_order(work, range(10))) == list(range(0, 20, 2))
    assert most <= IN_FLIGHT
