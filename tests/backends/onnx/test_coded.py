"""Layers of codes: what they compute, row by row, on every processor."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph import SentenceTransformer
from isomorph.contract import Claim, Device, Graph, Model, Options
from isomorph.files.codes import encode, encode_apart
from isomorph.files.folder import Folder
from isomorph.files.quantized import APART as APART_ENDING
from isomorph.files.quantized import CODES, SCALES, TWO_SCALES, Stored, decoded
from isomorph.files.weights import read_file
from isomorph.primitives import ops
from isomorph.primitives.builder import Builder
from isomorph.primitives.erf import erf
from isomorph.primitives.program import Feed
from isomorph.quantize import quantize_model
from isomorph.testing.models import write
from isomorph_onnx import coded
from isomorph_onnx.session import OnnxSession

INPUTS, OUTPUTS = 96, 24


@pytest.fixture
def stored(tmp_path):
    """Codes, scales, and the tensor that stands for them."""
    matrix = np.random.default_rng(3).normal(size=(OUTPUTS, INPUTS)).astype(np.float32)
    codes, scales = encode(matrix, INPUTS, "int8")
    save_file({f"w{CODES}": codes, f"w{SCALES}": scales}, tmp_path / "w.safetensors")
    tensors = read_file(Folder(tmp_path), "", "w.safetensors")
    return codes, scales, decoded(tensors, Stored("int8", "int8"))["w"]


BIAS = np.linspace(-1, 1, OUTPUTS, dtype=np.float32)


WAYS = [coded.OF_7_BITS, *([coded.OF_8_BITS] if coded.adds_in_32_bits() else [])]
"""Codes of rows with which products are exact here: of 7 bits everywhere, of 8 where the processor can."""


@pytest.fixture(params=WAYS, ids=lambda way: str(way.largest))
def way(request, monkeypatch):
    """Each of them in turn."""
    monkeypatch.setattr(coded, "row_codes", lambda: request.param)
    return request.param


@pytest.fixture
def run(way, stored, tmp_path):
    """A session of one layer."""
    with layer(stored[2], tmp_path) as forward:
        yield forward


ACTIVATED = {
    "gelu": lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))),
    "relu": lambda x: np.maximum(x, 0),
    "silu": lambda x: x / (1 + np.exp(-np.clip(x, -80, None))),
    "tanh": np.tanh,
}


@contextmanager
def layer(weight, folder, kind=None):
    """A session of one layer, behind an activation if one is named."""
    builder = Builder({"x": Feed("float32", ("rows", INPUTS))})
    x = builder.feed("x")
    if kind:
        x = ops.activation(x, kind=kind)
    result = ops.linear(x, builder.weight("w", weight), builder.constant(BIAS))
    program = builder.finish({"sentence_embedding": result})
    model = Model.of(Graph(("x",), (), ("sentence_embedding",)), folder, {})
    claim = Claim(Device("cpu"), 1, weights="int8")
    session = OnnxSession.from_program(model, program, claim, Options())
    yield lambda x: session.forward({"x": x})["sentence_embedding"]
    session.close()


def rows(count):
    """Rows of very different sizes."""
    rng = np.random.default_rng(5)
    return (rng.normal(size=(count, INPUTS)) * np.logspace(-3, 3, count)[:, None]).astype(
        np.float32
    )


def steps(x, way, zero):
    """The scale of each row, if `zero` is the code of 0."""
    return np.maximum(x.max(axis=1) / (way.largest - zero), -x.min(axis=1) / zero)[:, None]


def test_a_row_is_rounded_with_a_scale_of_its_own(run, way, stored):
    codes, scales, _ = stored
    x = rows(6)
    step = steps(x, way, way.middle)
    exact = np.rint(x / step).astype(np.int64) @ codes.T.astype(np.int64)
    expected = exact * step * scales[:, 0] + BIAS
    np.testing.assert_allclose(run(x), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_numbers_that_are_hardly_below_0_have_more_codes_above(way, stored, tmp_path):
    codes, scales, tensor = stored
    x = np.random.default_rng(6).normal(size=(8, INPUTS)).astype(np.float32)
    with layer(tensor, tmp_path, "gelu") as forward:
        found = forward(x)
    seen = ACTIVATED["gelu"](x)
    step = steps(seen, way, way.low)
    exact = np.rint(seen / step).astype(np.int64) @ codes.T.astype(np.int64)
    expected = exact * step * scales[:, 0] + BIAS
    assert (
        np.abs(found - expected).max() < 1e-2 * np.abs(expected).max()
    )  # a tie may fall elsewhere
    plain = seen @ (codes * scales).T + BIAS
    halves = steps(seen, way, way.middle)
    before = (np.rint(seen / halves) * halves) @ (codes * scales).T + BIAS
    assert np.square(found - plain).sum() < 0.6 * np.square(before - plain).sum()


@pytest.mark.parametrize("kind", sorted(ACTIVATED))
def test_every_activation_is_followed_closely(way, stored, tmp_path, kind):
    x = np.concatenate([rows(5), -np.abs(rows(2)), np.zeros((1, INPUTS), np.float32)])
    with layer(stored[2], tmp_path, kind) as forward:
        found = forward(x)
    seen = ACTIVATED[kind](x)
    plain = seen @ stored[2].numpy().T + BIAS
    most = np.abs(seen).max(axis=1, keepdims=True) * np.abs(stored[2].numpy()).sum(axis=1)
    most /= way.middle - 1
    assert (np.abs(found - plain) <= most + 1e-6).all()


def test_rows_have_the_same_bits_beside_any_others(run):
    x = rows(7)
    together = run(x)
    for place in range(len(x)):
        assert np.array_equal(run(x[place : place + 1])[0], together[place])


def test_the_largest_codes_do_not_overflow(run, stored):
    codes, scales, _ = stored
    x = np.where(codes[:1] > 0, 1.0, -1.0).astype(np.float32)
    expected = np.abs(codes[0].astype(np.int64)).sum() * scales[0, 0] - 1
    np.testing.assert_allclose(run(x)[0, 0], expected, rtol=1e-5)


def test_nothing_but_its_own_row_sees_a_nan(run):
    x = rows(3)
    x[1, 4] = np.nan
    found = run(x)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()
    assert np.array_equal(run(np.zeros((1, INPUTS), np.float32))[0], run(x * 0)[0])


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_what_is_infinite_stays_visible(run, infinite):
    x = rows(3)
    x[1, 4] = infinite
    found = run(x)
    assert not np.isfinite(found[1]).any()
    assert np.isfinite(found[[0, 2]]).all()


def test_a_processor_is_asked_how_it_adds(tmp_path, monkeypatch):
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(coded.platform, "machine", lambda: "x86_64")
    for flags, exact in (("avx2 fma", False), ("avx2 avx_vnni", True), ("avx512_vnni", True)):
        file.write_text(f"model name : x\nflags : {flags}\n", "utf-8")
        assert coded.adds_in_32_bits.__wrapped__(file) is exact
    assert not coded.adds_in_32_bits.__wrapped__(tmp_path / "none")
    monkeypatch.setattr(coded.platform, "machine", lambda: "aarch64")
    assert coded.adds_in_32_bits.__wrapped__(file)


def test_a_folder_is_computed_as_it_says(tmp_path):
    texts = ["A short text.", "x", "the cat sat on a mat and dogs ran over hills"]
    source = write("everything", tmp_path / "tiny")
    done = quantize_model(
        source, "int8", backend="onnx", activations="int8", output=tmp_path / "made", texts=texts
    )
    model = SentenceTransformer(done.folder, backend="onnx", weights="int8")
    found = model.encode(texts)
    report = model.report()
    assert (report.precision, report.stored) == ("int8", "int8, multiplied by activations in int8")
    assert ("activations of 7 bits" in report.provider) is (len(WAYS) == 1)
    exact = SentenceTransformer(done.folder, backend="reference")
    expected = exact.encode(texts)
    assert exact.report().stored == "int8, read as float32 numbers"
    gap = np.abs(found - expected).max() / np.abs(expected).max()
    assert 1e-5 < gap < 6 / WAYS[-1].middle


@pytest.mark.parametrize("family", ["bert", "modernbert", "qwen3", "t5", "deberta"])
def test_no_text_depends_on_those_beside_it(family, tmp_path):
    """Also where what is rounded differs in its last bit, by the kernel that an engine takes for a shape."""
    source = write(family, tmp_path / "tiny")
    words = "one two three four five six seven eight nine ten".split()
    texts = [" ".join(words[at % 10] for at in range(n, n + n % 37 + 1)) for n in range(120)]
    made = quantize_model(
        source,
        "int8",
        backend="onnx",
        activations="int8",
        output=tmp_path / "made",
        texts=texts[:4],
    )
    model = SentenceTransformer(made.folder, backend="onnx")
    assert model.report().precision == "int8"
    assert ("activations of 7 bits" in model.report().provider) is (len(WAYS) == 1)
    among = model.encode(texts)
    alone = np.stack([model.encode(text) for text in texts])
    assert np.abs(among - alone).max() <= 1e-6 * np.abs(among).max()


APART = np.array([3, 40, 95], np.int32)


@pytest.fixture
def parted(tmp_path):
    """A matrix of which three columns have scales of their own, beside their numbers."""
    matrix = np.random.default_rng(8).normal(size=(OUTPUTS, INPUTS)).astype(np.float32)
    matrix[:, APART] *= 0.01
    codes, scales = encode_apart(matrix, APART)
    stored = {f"w{CODES}": codes, f"w{TWO_SCALES}": scales, f"w{APART_ENDING}": APART}
    save_file(stored, tmp_path / "w.safetensors")
    tensors = read_file(Folder(tmp_path), "", "w.safetensors")
    return matrix, decoded(tensors, Stored("int8", "int8"))["w"]


def test_columns_that_are_set_apart_leave_the_others_their_bits(way, parted, tmp_path):
    matrix, weight = parted
    x = rows(6)
    x[:, APART] *= 300
    plain = x.astype(np.float64) @ matrix.T.astype(np.float64) + BIAS
    with layer(weight, tmp_path) as forward:
        found = forward(x)
        alone = np.concatenate([forward(x[at : at + 1]) for at in range(len(x))])
    assert np.array_equal(found, alone)
    assert np.linalg.norm(found - plain) < 2.5 / way.middle * np.linalg.norm(plain)
    (tmp_path / "all").mkdir()
    codes, scales = encode(matrix, INPUTS, "int8")
    save_file({f"w{CODES}": codes, f"w{SCALES}": scales}, tmp_path / "all" / "w.safetensors")
    tensors = read_file(Folder(tmp_path / "all"), "", "w.safetensors")
    with layer(decoded(tensors, Stored("int8", "int8"))["w"], tmp_path) as forward:
        together = forward(x)
    assert np.linalg.norm(together - plain) > 5 * np.linalg.norm(found - plain)


@pytest.mark.parametrize("strange", [np.nan, np.inf])
@pytest.mark.parametrize("column", [0, int(APART[1])])
def test_what_is_not_finite_is_seen_in_either_part(way, parted, tmp_path, strange, column):
    x = rows(3)
    x[1, column] = strange
    with layer(parted[1], tmp_path) as forward:
        found = forward(x)
    assert not np.isfinite(found[1]).any()
    assert np.isfinite(found[[0, 2]]).all()
