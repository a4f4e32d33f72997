"""What may be passed as a sound: every form of the same sound gives the same vector, or an error says why."""

from __future__ import annotations

import io
import json
import math
import os
import pickle
import subprocess
import sys
import wave
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.parity.clap_models import write_clap

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, InputError, TruncationWarning, Unsupported
from isomorph.preprocess.sound.recording import recording
from isomorph.preprocess.sound.samples import heard
from isomorph.schedule.windows import places
from isomorph.testing.models import write
from isomorph.testing.tiny_sounds import RATE, sound, write_sounds

soundfile = pytest.importorskip("soundfile")
soxr = pytest.importorskip("soxr")

WAVE = sound(0.4, 3)
INT16 = np.rint(WAVE * 32767).astype(np.int16)


def encoded(samples, kind="WAV", rate=RATE, subtype=None):
    """The bytes of a file."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format=kind, subtype=subtype)
    return stream.getvalue()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = write_sounds("wav2vec2", tmp_path_factory.mktemp("model") / "wav2vec2")
    return SentenceTransformer(str(folder), backend="reference")


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    folder = write_sounds("whisper", tmp_path_factory.mktemp("model") / "whisper")
    return SentenceTransformer(str(folder), backend="reference")


class Tensor:
    """Samples as other libraries hold them."""

    def __init__(self, array):
        self.array = array

    def detach(self):
        return self

    def cpu(self):
        return self

    def __array__(self, dtype=None, copy=None):
        return self.array


class Decoder:
    """A file that another library has opened: channels first."""

    def get_all_samples(self):
        self.data, self.sample_rate = np.stack([WAVE, WAVE]), float(RATE)
        return self


FORMS = {
    "array": WAVE,
    "float64": WAVE.astype(np.float64),
    "list": WAVE.tolist(),
    "tensor": Tensor(WAVE),
    "decoder": Decoder(),
    "dict": {"array": WAVE, "sampling_rate": RATE},
    "dict with a path": {"array": WAVE, "sampling_rate": np.int64(RATE), "path": "gone.wav"},
    "audio": {"audio": WAVE},
    "audio of a dict": {"audio": {"array": WAVE, "sampling_rate": float(RATE)}},
    "one channel": WAVE[None],
    "one channel last": WAVE[:, None],
    "channels first": np.stack([WAVE, WAVE]),
    "channels last": np.stack([WAVE, WAVE], axis=1),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_samples_is_the_same_sound(model, form):
    assert np.array_equal(model.encode([FORMS[form]])[0], model.encode(WAVE))
    if form != "list":
        assert model.is_singular_input(FORMS[form])


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "W64"])
def test_a_file_is_the_same_by_path_bytes_and_stream(model, tmp_path, kind, monkeypatch):
    content = encoded(INT16, kind)
    file = tmp_path / "sound.raw"  # the name decides nothing
    file.write_bytes(content)
    monkeypatch.chdir(tmp_path)
    forms = [
        str(file), file, "sound.raw", content, bytearray(content), memoryview(content), io.BytesIO(content),
        f"data:audio/x-{kind.lower()};base64,{b64encode(content).decode()}",
        {"audio": file}, {"path": str(file), "bytes": None}, {"bytes": content, "path": None},
    ]  # fmt: skip
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    assert rate == RATE
    want = model.encode(content)
    assert np.abs(want - model.encode(samples)).max() < 1e-5  # mpg123 rounds by the size of blocks
    for form in forms:
        assert np.array_equal(model.encode(form), want)
    with file.open("rb") as stream:
        assert np.array_equal(model.encode(stream), want)
    if kind in ("WAV", "FLAC"):
        assert np.array_equal(want, model.encode(INT16))


@pytest.mark.parametrize(
    ("dtype", "scale", "middle"),
    [("int8", 128, 0), ("uint8", 128, 128), ("int16", 2**15, 0), ("int32", 2**31, 0)],
)
def test_whole_numbers_are_scaled_by_the_range_of_their_type(dtype, scale, middle):
    given = np.array([-1.0, -0.5, 0, 0.25, 0.5]) * scale + middle
    each = recording(given.astype(dtype), 0)
    assert np.array_equal(heard(each, RATE), np.array([-1.0, -0.5, 0, 0.25, 0.5], np.float32))


def test_channels_are_averaged():
    left, right = sound(0.2, 1), sound(0.2, 2)
    for given in (np.stack([left, right]), np.stack([left, right], axis=1)):
        assert np.array_equal(heard(recording(given, 0), RATE), (left + right) / 2)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_other_rates_are_brought_to_the_model_s_as_librosa_does(model, rate):
    given = sound(0.37, 5, rate)
    found = heard(recording({"array": given, "sampling_rate": rate}, 0), RATE)
    want = soxr.resample(given, rate, RATE, quality="HQ")
    assert len(found) == math.ceil(len(given) * RATE / rate)
    assert np.array_equal(found[: len(want)], want[: len(found)])
    content = encoded(given, "FLAC", rate)
    decoded, _ = soundfile.read(io.BytesIO(content), dtype="float32")
    assert np.array_equal(
        model.encode(content), model.encode({"array": decoded, "sampling_rate": rate})
    )


BAD = {
    "nothing": (None, "is None"),
    "a number": (0.5, "is 0.5"),
    "a text": ("not a file", "no such file"),
    "a name that no file has": ("a\0b.wav", "no such file"),
    "a long text": ("word " * 5000, "no such file"),
    "a folder": (os.sep, "a folder"),
    "a url": ("https://example.org/a.wav", "Nothing is fetched"),
    "texts": (np.array(["a", "b"]), "takes audio"),
    "an empty array": (np.zeros(0, np.float32), "without samples"),
    "an empty file": (b"", "cannot be decoded"),
    "no sound file": (b"RIFF is only a word here", "cannot be decoded"),
    "nan": (np.array([0.0, np.nan] * 400, np.float32), "holds nan at sample 1"),
    "infinity": (np.array([0.0] * 400 + [np.inf], np.float32), "holds inf at sample 400"),
    "too short": (np.zeros(20, np.float32), "at least"),
    "square": (np.zeros((40, 40)), "shape (40, 40)"),
    "many channels": (np.zeros((400, 300)), "shape (400, 300)"),
    "three axes": (np.zeros((2, 2, 400)), "shape (2, 2, 400)"),
    "complex": (np.zeros(400, np.complex64), "complex64"),
    "bool": (np.zeros(400, bool), "bool"),
    "ragged": ([[0.0, 1.0], [2.0]], "is no array"),
    "no rate": ({"array": WAVE}, "no 'sampling_rate'"),
    "rate of a text": ({"array": WAVE, "sampling_rate": "16000"}, "sampling rate"),
    "rate of nothing": ({"array": WAVE, "sampling_rate": 0}, "sampling rate"),
    "rate of a fraction": ({"array": WAVE, "sampling_rate": 16000.5}, "sampling rate"),
    "huge rate": ({"array": WAVE, "sampling_rate": 10**9}, "sampling rate"),
    "other keys": ({"image": 3}, "takes audio"),
    "open as text": (io.StringIO("text"), "'rb'"),
    "numbers of no range": (np.arange(400), "whole numbers of int64"),
    "a list of whole numbers": ([0, 1000, -1000] * 400, "whole numbers of int64"),
    "another data URI": ("data:image/png;base64,AAAA", "data URI that begins with"),
    "a data URI of letters": ("data:audio/wav;base64,@@@@", "damaged base64"),
    "more than memory": (np.broadcast_to(np.float32(0), 10**11), "more than"),
    "cut wav": (encoded(INT16)[:-1000], "cut off"),
    "cut flac": (encoded(INT16, "FLAC")[:-3000], "Input 2"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_error_names_the_input_and_leaves_the_model_usable(model, case):
    value, said = BAD[case]
    before = model.encode(WAVE)
    with pytest.raises(InputError) as caught:
        model.encode([WAVE, WAVE, value, INT16])
    assert "Input 2 " in str(caught.value)
    assert said in str(caught.value)
    assert np.array_equal(model.encode(WAVE), before)


def test_a_stream_of_unknown_length_is_read_to_its_end(model):
    content = bytearray(encoded(INT16))
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff\xff\xff\xff"
    content[4:8] = b"\xff\xff\xff\xff"
    assert np.array_equal(model.encode(bytes(content)), model.encode(INT16))


def test_what_is_longer_than_a_model_hears_is_cut_with_a_warning(whisper):
    long = sound(2.5, 4)
    with pytest.warns(TruncationWarning, match="1 of 2 inputs were cut at 50 frames"):
        found = whisper.encode([long, WAVE], deterministic=True)
    assert np.array_equal(found[0], whisper.encode(long[:RATE], deterministic=True))
    with pytest.raises(InputError, match="longer than 50 frames"):
        whisper.encode([WAVE, long], on_long="error")


def test_a_user_may_have_less_heard(model):
    long = sound(1.5, 4)
    whole = model.encode(long)
    model.max_seq_length = 40
    try:
        first = model.encode(long[: 39 * 160 + 226])
        assert np.array_equal(model.encode(long, on_long="report"), first)
        assert np.abs(first - whole).max() > 1e-3
    finally:
        model.max_seq_length = None


def test_equal_sounds_are_computed_once(model, tmp_path):
    file = tmp_path / "a.wav"
    file.write_bytes(encoded(INT16))
    given = [file, str(file), WAVE, WAVE.copy(), {"array": WAVE, "sampling_rate": RATE}, INT16]
    found, report = model.encode(given, return_report=True)
    assert report.texts == len(given)
    assert report.tokens == 4 * model.encode([WAVE], return_report=True)[1].tokens
    assert np.array_equal(found[0], found[1])


def test_a_recording_travels_to_other_processes():
    for value in (WAVE, encoded(INT16), Path(__file__)):
        each = pickle.loads(pickle.dumps(recording(value, 4)))
        assert each.index == 4
        assert each.key == recording(value, 9).key


WITHOUT = """
import sys
for name in {missing!r}: sys.modules[name] = None
import numpy as np
from isomorph import SentenceTransformer
from isomorph.errors import Unsupported
model = SentenceTransformer(sys.argv[1], backend="reference")
good = [model.encode(sys.argv[2]), model.encode({{"array": np.zeros(4000), "sampling_rate": 16000}})]
for bad in sys.argv[3:]:
    try:
        model.encode(bad)
    except Unsupported as error:
        assert "isomorph-core[audio]" in str(error) or "core[audio]" in str(error), error
    else:
        raise AssertionError(bad)
"""


def test_without_the_extra_a_plain_wav_works_and_the_error_says_what_to_install(tmp_path):
    folder = write_sounds("wav2vec2", tmp_path / "model")
    plain, flac, other = tmp_path / "a.wav", tmp_path / "b.flac", tmp_path / "c.wav"
    with wave.open(str(plain), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.stack([INT16, INT16], axis=1).tobytes())
    flac.write_bytes(encoded(INT16, "FLAC"))
    other.write_bytes(encoded(INT16, "WAV", rate=8000))
    code = WITHOUT.format(missing=["soundfile", "soxr"])
    command = [sys.executable, "-W", "error", "-c", code, folder, plain, flac, other]
    subprocess.run(list(map(str, command)), check=True)


def test_without_the_extra_samples_are_those_of_the_library(monkeypatch):
    for subtype, width in (("PCM_U8", 1), ("PCM_16", 2), ("PCM_32", 4)):
        content = encoded(np.stack([INT16, INT16[::-1]], axis=1), subtype=subtype)
        with_it = heard(recording(content, 0), RATE)
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "soundfile", None)
            without = heard(recording(content, 0), RATE)
        assert np.abs(with_it - without).max() <= 2.0 ** (1 - 8 * width) + 1e-7


IMPORTED = """
import sys
from isomorph import SentenceTransformer
SentenceTransformer(sys.argv[1], backend="reference").encode(["a text"])
print(sorted({"soundfile", "soxr", "wave", "_cffi_backend"} & set(sys.modules)))
print([name for name in sys.modules if name.startswith("isomorph.preprocess.sound.decode")])
"""


def test_a_process_that_embeds_texts_imports_no_library_for_sounds(tmp_path):
    folder = write("bert", tmp_path / "model")
    command = [sys.executable, "-c", IMPORTED, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "[]"


@pytest.fixture
def changed(tmp_path):
    """A model whose extractor or encoder says something else."""

    def write_changed(name, **changes):
        folder = write_sounds(name, tmp_path / "changed")
        for file in (EXTRACTOR, "config.json", SETTINGS):
            content = json.loads((folder / file).read_text())
            target = content.get("feature_extractor", content)
            target.update({k: v for k, v in changes.items() if k in target or file in changes})
            target.update(changes.get(file, {}))
            (folder / file).write_text(json.dumps(content))
        return folder

    return write_changed


EXTRACTOR, SETTINGS = "processor_config.json", "sentence_bert_config.json"


def asking(part="audio", **options):
    return {SETTINGS: {"processing_kwargs": {part: options}}}


REFUSED = {
    "a module that normalises": ("whisper", asking(do_normalize=True), Unsupported),
    "a module that cuts": ("wav2vec2", asking(truncation=True, max_length=800), Unsupported),
    "a module that fills up": ("hubert", asking("common", padding="max_length"), Unsupported),
    "a module of words": ("wavlm", {SETTINGS: {"processing_kwargs": {"audio": "much"}}}, BadModel),
    "other features": ("whisper", {EXTRACTOR: {"feature_extractor_type": "ASTExtractor"}}, Unsupported),
    "noise": ("whisper", {EXTRACTOR: {"dither": 0.1}}, Unsupported),
    "padding left": ("whisper", {EXTRACTOR: {"padding_side": "left"}}, Unsupported),
    "normalised": ("whisper", {EXTRACTOR: {"do_normalize": True}}, Unsupported),
    "another size": ("whisper", {EXTRACTOR: {"feature_size": 9}}, BadModel),
    "another time": ("whisper", {EXTRACTOR: {"chunk_length": 2}}, BadModel),
    "a rate of nothing": ("whisper", {EXTRACTOR: {"sampling_rate": 0}}, BadModel),
    "an odd window": ("whisper", {EXTRACTOR: {"n_fft": 401}}, Unsupported),
    "a huge window": ("whisper", {EXTRACTOR: {"n_fft": 10**9}}, BadModel),
    "hours at once": ("whisper", {EXTRACTOR: {"chunk_length": 3600, "hop_length": 57_600}}, BadModel),
    "an hour and more": ("whisper", {EXTRACTOR: {"chunk_length": 10**6}}, BadModel),
    "more layers": ("whisper", {"config.json": {"encoder_layers": 3}}, BadModel),
    "more positions": ("whisper", {"config.json": {"max_source_positions": 60}}, BadModel),
    "heads that do not divide": ("whisper", {"config.json": {"encoder_attention_heads": 5}}, BadModel),
    "an adapter": ("wav2vec2", {"config.json": {"add_adapter": True}}, Unsupported),
    "a batch norm": ("hubert", {"config.json": {"conv_pos_batch_norm": True}}, Unsupported),
    "another norm": ("wavlm", {"config.json": {"feat_extract_norm": "none"}}, Unsupported),
    "lists of other lengths": ("wavlm", {"config.json": {"conv_kernel": [10, 3]}}, BadModel),
    "a stride of nothing": ("wavlm", {"config.json": {"conv_stride": [8, 0, 4]}}, BadModel),
    "giant strides": ("wav2vec2", {"config.json": {"conv_stride": [4096, 4096, 4096]}}, BadModel),
    "another activation": ("hubert", {"config.json": {"feat_extract_activation": "mish"}}, Unsupported),
    "another kernel": ("wav2vec2", {"config.json": {"num_conv_pos_embeddings": 9}}, BadModel),
    "stereo": ("wav2vec2", {EXTRACTOR: {"feature_size": 2}}, Unsupported),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_implemented_is_refused_by_its_name(changed, backend, case):
    name, changes, kind = REFUSED[case]
    ((_, options),) = changes.items()
    with pytest.raises(kind) as caught:
        SentenceTransformer(str(changed(name, **changes)), backend=backend).encode(WAVE)
    if kind is Unsupported:
        assert next(iter(options)) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("whisper", {"padding": "max_length", "truncation": True, "do_normalize": False}),
        ("wav2vec2", {"padding": True, "return_attention_mask": True, "sampling_rate": RATE}),
    ],
)
def test_a_module_may_say_what_the_extractor_does_anyway(changed, tmp_path, name, options):
    found = SentenceTransformer(changed(name, **asking(**options)), backend="reference")
    plain = SentenceTransformer(write_sounds(name, tmp_path / "plain"), backend="reference")
    np.testing.assert_array_equal(found.encode(WAVE), plain.encode(WAVE))


@pytest.mark.parametrize(
    ("file", "key", "option", "value", "said"),
    [
        ("config.json", "text_config", "num_attention_heads", 5, "32 features do not split into 5"),
        (
            "config.json",
            "audio_config",
            "num_mel_bins",
            32,
            r"config\.json says that the tower reads",
        ),
        (EXTRACTOR, "feature_extractor", "fft_window_size", 257, "fft_window_size=257"),
        (EXTRACTOR, "feature_extractor", "max_length_s", 10, r"spec_size in config\.json"),
    ],
)
def test_two_towers_that_cannot_be_are_refused_before_any_forward(
    file, key, option, value, said, tmp_path, backend
):
    folder = write_clap("clap", tmp_path / "model")
    content = json.loads((folder / file).read_text("utf-8"))
    content[key][option] = value
    (folder / file).write_text(json.dumps(content), "utf-8")
    with pytest.raises((BadModel, Unsupported), match=said):
        SentenceTransformer(str(folder), backend=backend)


def test_a_folder_without_an_extractor_is_incomplete(tmp_path):
    folder = write_sounds("wav2vec2", tmp_path / "model")
    (folder / "processor_config.json").unlink()
    with pytest.raises(BadModel, match=r"no processor_config\.json or preprocessor_config\.json"):
        SentenceTransformer(str(folder))


def test_a_prompt_and_pairs_are_refused(model):
    with pytest.raises(InputError, match="cannot go in front of audio"):
        model.encode(WAVE, prompt="query: ")


def test_many_short_sounds_are_prepared_a_few_at_a_time(whisper, model):
    """A second becomes as many numbers as half a minute, where a model hears a fixed time."""
    short = [recording(np.zeros(50, np.float32), i) for i in range(5000)]
    inputs = whisper._loaded.pipeline.inputs
    wide = replace(inputs, features=replace(inputs.features, mels=128, samples=30 * RATE))
    for part in places(short, wide):
        assert (part.stop - part.start) * 4 * 128 * wide.features.samples // 160 <= 1 << 26
    assert len(places(short, model._loaded.pipeline.inputs)) < 4


def test_a_sound_beside_texts_may_be_one_that_a_dataset_has_not_decoded(tmp_path):
    model = SentenceTransformer(write_clap("clap", tmp_path / "clap"), backend="reference")
    file = tmp_path / "a.wav"
    file.write_bytes(encoded(WAVE))
    wanted = model.encode(file)
    for form in ({"path": str(file)}, {"bytes": file.read_bytes(), "path": None}):
        np.testing.assert_array_equal(model.encode([form])[0], wanted)
    with pytest.raises(InputError, match="Input 0 has an 'array' but no 'sampling_rate'"):
        model.encode([{"array": WAVE}])
