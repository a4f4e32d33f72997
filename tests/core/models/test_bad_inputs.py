"""Calls with ``on_bad_input="nan"``: a bad input is a row of NaN and a reason, and all others are as ever."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image
from tests.parity.tower_models import TEXTS, build, pictures

from isomorph import SentenceTransformer
from isomorph.errors import BadInputWarning, InputError

IMAGES = pictures()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return SentenceTransformer(build("clip", tmp_path_factory.mktemp("clip")), backend="reference")


def cut_off():
    file = io.BytesIO()
    Image.fromarray(IMAGES[0]).save(file, "JPEG")
    return file.getvalue()[:200]


BAD = {1: b"no image", 2: 3.5, 4: "half \ud800", 5: cut_off(), 7: b"no image", 8: "gone.jpg"}
"""Bad inputs by their places: refused where they are read, looked at, or decoded; two are equal."""
GIVEN = [BAD.get(place, (TEXTS[0], IMAGES[1])[place % 2]) for place in range(11)]


def judge(found, wanted):
    places = np.flatnonzero(np.isnan(found).all(1)).tolist()
    assert places == sorted(BAD)
    kept = [place for place in range(len(GIVEN)) if place not in BAD]
    np.testing.assert_allclose(found[kept], wanted[kept], rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def wanted(model):
    rows = [
        np.full(20, np.nan) if place in BAD else model.encode(value)
        for place, value in enumerate(GIVEN)
    ]
    return np.stack(rows)


def test_bad_inputs_are_rows_of_nan_with_one_warning_and_reasons(model, wanted):
    with pytest.warns(BadInputWarning, match="6 of 11 inputs .* input 1, is no image") as told:
        found, report = model.encode(GIVEN, on_bad_input="nan", return_report=True)
    judge(found, wanted)
    assert len(told) == 1
    assert [place for place, _ in report.bad_inputs] == sorted(BAD)
    reasons = dict(report.bad_inputs)
    assert "float" in reasons[2]
    assert "surrogate" in reasons[4]
    assert "no such file" in reasons[8]
    assert not any(why.startswith("Input") for why in reasons.values())
    with pytest.raises(InputError, match=r"^Input 2 is float"):
        model.encode(GIVEN)


def test_streams_destinations_and_workers_tell_the_same_places(model, wanted):
    with pytest.warns(BadInputWarning, match="6 of 11") as told:
        judge(np.stack(list(model.encode_iter(GIVEN, window_size=3, on_bad_input="nan"))), wanted)
    assert len(told) == 1
    out = np.empty_like(wanted, np.float32)
    with pytest.warns(BadInputWarning, match="6 of 11"):
        model.encode(GIVEN, out=out, on_bad_input="nan", batch_size=2)
    judge(out, wanted)
    with (
        model.start_multi_process_pool(["cpu"]) as pool,
        pytest.warns(BadInputWarning, match="6 of 11"),
    ):
        sent, report = model.encode(
            GIVEN, pool=pool, chunk_size=4, on_bad_input="nan", return_report=True
        )
    judge(sent, wanted)
    assert [place for place, _ in report.bad_inputs] == sorted(BAD)


def test_texts_alone_and_single_inputs_are_treated_alike(model, folder):
    texts = SentenceTransformer(folder, backend="reference")
    with pytest.warns(BadInputWarning, match="1 of 2 inputs .* input 1, is NoneType"):
        first, second = texts.encode(
            ["a text", None], on_bad_input="nan", normalize_embeddings=True
        )
    assert np.isnan(second).all()
    np.testing.assert_allclose(first, texts.encode("a text", normalize_embeddings=True), atol=1e-6)
    for bad in (None, b"no image", cut_off()):
        with pytest.warns(BadInputWarning, match="1 of 1"):
            assert np.isnan(model.encode(bad, on_bad_input="nan")).tolist() == [True] * 20
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.encode(["a", IMAGES[0]], on_bad_input="nan")


@pytest.mark.parametrize(
    "how",
    [{"precision": "int8"}, {"output_value": "token_embeddings"}, {"output_value": None}],
)
def test_results_that_hold_no_nan_are_refused(model, how):
    with pytest.raises(InputError, match="on_bad_input='nan' is for rows of floats"):
        model.encode(["a"], on_bad_input="nan", **how)
    with pytest.raises(InputError, match="on_bad_input 'skip' is not one of error, nan"):
        model.encode(["a"], on_bad_input="skip")
