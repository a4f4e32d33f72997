"""The backend on a real model: numbers, lanes, what is in effect, closing."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from isomorph.contract import Backend, Claim, Device, Options, Session
from isomorph.errors import DeviceUnavailable, InputError, Unsupported
from isomorph.reference.backend import ReferenceBackend
from isomorph_openvino.backend import OpenVINOBackend

CPU = Device("cpu")


def padded(lengths, side="right", seed=0):
    """Random token ids, padded to the longest."""
    rng = np.random.default_rng(seed)
    width = max(lengths)
    ids, mask = np.zeros((2, len(lengths), width), np.int64)
    for row, length in enumerate(lengths):
        span = slice(0, length) if side == "right" else slice(width - length, width)
        ids[row, span] = rng.integers(1000, 30000, length)
        mask[row, span] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


@pytest.fixture(scope="module")
def session(minilm):
    backend = OpenVINOBackend()
    claim = backend.claim(minilm, CPU)
    assert (claim.depth, claim.reason) == (3, "")
    session = backend.load(minilm, claim, Options(threads=2, lanes=2))
    yield session
    session.close()


@pytest.fixture(scope="module")
def reference(minilm):
    return ReferenceBackend().load(minilm, Claim(CPU, 3), Options())


def test_the_protocols_are_kept(session):
    assert isinstance(OpenVINOBackend(), Backend)
    assert isinstance(session, Session)
    assert CPU in OpenVINOBackend().devices()


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("lengths", [[1], [1, 2, 3], [256, 1, 17, 64], [5, 5], [100, 37, 99, 3, 8]])
def test_vectors_agree_with_the_reference(session, reference, lengths, side):
    feeds = padded(lengths, side)
    kept = {name: array.copy() for name, array in feeds.items()}
    found = session.forward(feeds)
    assert list(found) == ["sentence_embedding"]
    vectors = found["sentence_embedding"]
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    expected = reference.forward(feeds)["sentence_embedding"]
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)
    for name, array in feeds.items():
        np.testing.assert_array_equal(array, kept[name])


@pytest.mark.parametrize("depth", [1, 2])
def test_every_cut_agrees_with_the_reference(minilm, depth):
    cut = minilm.prefix(depth)
    backend = OpenVINOBackend()
    session = backend.load(cut, backend.claim(cut, CPU), Options())
    feeds = padded([4, 9])
    expected = ReferenceBackend().load(cut, Claim(CPU, depth), Options()).forward(feeds)
    found = session.forward(feeds)
    assert set(found) == set(expected) == set(cut.graph.outputs)
    for name, array in found.items():
        np.testing.assert_allclose(array, expected[name], rtol=0, atol=1e-5)
    session.close()


def test_a_row_does_not_depend_on_its_neighbours_or_its_padding(session):
    feeds = padded([12, 200, 3, 64])
    together = session.forward(feeds)["sentence_embedding"]
    for row, length in enumerate([12, 200, 3, 64]):
        alone = {name: array[row : row + 1, :length] for name, array in feeds.items()}
        vector = session.forward(alone)["sentence_embedding"][0]
        assert np.abs(vector - together[row]).max() < 1e-6


def test_a_row_without_tokens_is_finite(session):
    feeds = padded([3, 4])
    feeds["attention_mask"][0] = 0
    assert np.isfinite(session.forward(feeds)["sentence_embedding"]).all()


@pytest.mark.parametrize("wrong", [-1, 30522])
def test_ids_outside_of_the_vocabulary_are_refused(session, wrong):
    feeds = padded([4])
    feeds["input_ids"][0, 2] = wrong
    with pytest.raises(InputError, match="30522 rows"):
        session.forward(feeds)


def test_no_rows_give_no_vectors(session):
    feeds = {name: array[:0] for name, array in padded([4]).items()}
    assert session.forward(feeds)["sentence_embedding"].shape == (0, 384)


def test_read_only_and_strided_feeds_are_fine(session):
    feeds = padded([8, 8])
    expected = session.forward(feeds)["sentence_embedding"]
    strided = {name: np.repeat(array, 2, axis=1)[:, ::2] for name, array in feeds.items()}
    for array in strided.values():
        array.flags.writeable = False
    found = session.forward(strided)["sentence_embedding"]
    np.testing.assert_array_equal(found, expected)


def test_many_threads_get_their_own_rows(session):
    batches = [padded([1 + seed % 7, 20], seed=seed) for seed in range(24)]
    serial = [session.forward(batch)["sentence_embedding"] for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(session.forward, batches * 4))
    for index, result in enumerate(results):
        difference = np.abs(result["sentence_embedding"] - serial[index % 24])
        assert difference.max() < 1e-6


def test_results_stay_when_the_next_forward_runs(session):
    first = session.forward(padded([5], seed=1))["sentence_embedding"]
    kept = first.copy()
    for seed in range(4):
        session.forward(padded([5], seed=seed + 2))
    np.testing.assert_array_equal(first, kept)


def test_the_session_says_what_is_in_effect(session):
    effective = session.effective
    assert effective.device == CPU
    assert effective.engine.startswith("openvino 20")
    assert (effective.provider, effective.arithmetic) == ("CPU", "float32")
    assert (effective.threads, effective.lanes) == (2, 2)
    assert effective.artifact is None
    assert set(session.native) == {"compiled_model", "ov_model"}


def test_a_closed_session_refuses(minilm):
    backend = OpenVINOBackend()
    session = backend.load(minilm, backend.claim(minilm, CPU), Options())
    session.close()
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.forward(padded([2]))
    assert session.native == {}


def test_what_is_not_there_is_refused_with_a_reason(minilm):
    backend = OpenVINOBackend()
    for kind in ("npu", "cuda"):
        claim = backend.claim(minilm, Device(kind))
        assert claim.depth == 0
        assert claim.reason
    gpu = Device("gpu", 7)
    with pytest.raises(DeviceUnavailable, match="gpu:7"):
        backend.load(minilm, backend.claim(minilm, gpu), Options())
    with pytest.raises(Unsupported, match="float8"):
        backend.load(minilm, backend.claim(minilm, CPU), Options(arithmetic="float8"))


def test_a_static_model_takes_ragged_feeds(static_model):
    backend = OpenVINOBackend()
    claim = backend.claim(static_model, CPU)
    assert claim.depth == len(static_model.graph)
    session = backend.load(static_model, claim, Options())
    reference = ReferenceBackend().load(static_model, Claim(CPU, claim.depth), Options())
    for ids, offsets in (([3, 1, 4, 1, 5], [0, 0, 2, 5]), ([], [0, 0]), ([7], [0])):
        feeds = {"input_ids": np.array(ids, np.int64), "offsets": np.array(offsets, np.int64)}
        found, expected = session.forward(feeds), reference.forward(feeds)
        np.testing.assert_allclose(
            found["sentence_embedding"], expected["sentence_embedding"], rtol=0, atol=1e-6
        )
    session.close()


_QUIET = """
import multiprocessing, sys, urllib.request
from pathlib import Path

def alarm(*args, **kwargs):
    raise SystemExit("telemetry")

multiprocessing.Process.start = urllib.request.urlopen = alarm
import isomorph_openvino.plugin, isomorph_openvino.emit, isomorph_openvino.backend
assert "openvino" not in sys.modules
from isomorph_openvino.devices import list_devices
from isomorph_openvino.engine import engine
list_devices()
assert "openvino_telemetry" not in sys.modules
assert not list(Path.home().iterdir())
"""


def test_plugin_and_claims_import_no_engine_and_the_engine_sends_no_telemetry(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    environment["HOME"] = str(tmp_path)
    subprocess.run([sys.executable, "-c", _QUIET], check=True, env=environment)
