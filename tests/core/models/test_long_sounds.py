"""Calls with ``on_long="mean"``: what is longer than a model hears is heard in windows."""

import numpy as np
import pytest
from tests.parity.clap_models import write_clap
from tests.parity.tower_models import build

from isomorph import SentenceTransformer
from isomorph.errors import BadInputWarning, InputError, TruncationWarning
from isomorph.testing.tiny_sounds import RATE, sound, sounds, write_sounds

WHISPER = next(name for name in sounds() if "whisper" in name)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return SentenceTransformer(
        write_sounds(WHISPER, tmp_path_factory.mktemp("whisper")), backend="reference"
    )


LONG = sound(2.5)
"""Two windows of a second, and half a window."""


@pytest.fixture(scope="module")
def wanted(model):
    parts = [LONG[:RATE], LONG[RATE : 2 * RATE], LONG[2 * RATE :]]
    return np.average(model.encode(parts), axis=0, weights=[1, 1, 0.5])


def near(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-6 * np.abs(wanted).max())


def test_a_long_sound_is_the_mean_of_its_windows_by_their_time(model, wanted, recwarn):
    short = sound(0.4, seed=3)
    alone = model.encode(short)
    found, report = model.encode([short, LONG, short], on_long="mean", return_report=True)
    near(found, np.stack([alone, wanted, alone]))
    assert (report.texts, report.truncated) == (3, ())
    near(model.encode({"array": LONG, "sampling_rate": RATE}, on_long="mean"), wanted)
    out = np.empty_like(found)
    model.encode([short, LONG, short], on_long="mean", out=out)
    near(out, found)
    near(np.stack(list(model.encode_iter([LONG, short], on_long="mean"))), [wanted, alone])
    assert not [each for each in recwarn if each.category is TruncationWarning]


def test_a_short_rest_counts_little_and_bad_sounds_keep_their_places(model):
    (row,) = model.encode([np.concatenate([LONG[:RATE], LONG[:1]])], on_long="report")
    near(model.encode(LONG[:RATE], on_long="mean"), row)
    with pytest.warns(BadInputWarning, match="1 of 3 .* input 1"):
        found = model.encode([LONG, b"no sound", LONG], on_long="mean", on_bad_input="nan")
    assert np.isnan(found).any(1).tolist() == [False, True, False]
    with pytest.raises(InputError, match=r"^Input 1 cannot be"):
        model.encode([LONG, b"no sound"], on_long="mean")


def test_what_has_no_windows_is_refused(model, tmp_path):
    with pytest.raises(InputError, match="for sentence embeddings of models that take audio"):
        model.encode(LONG, on_long="mean", output_value="token_embeddings")
    seeing = SentenceTransformer(build("clip", tmp_path / "clip"), backend="reference")
    with pytest.raises(InputError, match="of text and image"):
        seeing.encode("a", on_long="mean")


def test_texts_beside_long_sounds_stay_as_they_are(tmp_path):
    clap = SentenceTransformer(write_clap("clap", tmp_path / "clap"), backend="reference")
    hears = clap.__loaded__().routing.inputs.of["audio"].features
    long = np.tile(sound(0.5, rate=hears.rate), 1 + 5 * hears.heard // hears.rate)[
        : hears.heard * 5 // 2
    ]
    parts = [long[: hears.heard], long[hears.heard : 2 * hears.heard], long[2 * hears.heard :]]
    wanted = np.average(clap.encode(parts), axis=0, weights=[1, 1, 0.5])
    texts = clap.encode(["a dog barks", "rain"])
    near(clap.encode(["a dog barks", long, "rain"], on_long="mean"), [texts[0], wanted, texts[1]])
