"""Models that take sounds give what sentence-transformers gave for each sound alone, on every backend."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BackendUnavailable, BadModel, TruncationWarning, Unsupported
from isomorph.testing.tiny_sounds import RATE, sound, sounds, write_sounds

from . import clap_models
from .clap_models import write_clap
from .recorded import absent, assert_close

SECONDS = (1.0, 0.3, 0.62)
"""As in record_sounds.py."""
RECORDED = np.load(Path(__file__).parent / "sounds.npz")
GIVEN = [{"array": sound(s, seed), "sampling_rate": RATE} for seed, s in enumerate(SECONDS)]
CLAP = tuple(clap_models.MODELS)
HEARD = [
    {"array": sound(s, seed, clap_models.RATE), "sampling_rate": clap_models.RATE}
    for seed, s in enumerate(SECONDS)
]
MORE = [sound(s, 9 + seed) for seed, s in enumerate((0.11, 0.9, 0.2, 0.55, 0.11))]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Where a tiny model lies, by its name."""
    root = tmp_path_factory.mktemp("sounds")

    def written(name):
        write = write_clap if name in CLAP else write_sounds
        return write(name, root / name)

    return cache(written)


@pytest.fixture(scope="module")
def load(folders):
    """A tiny model on a backend."""

    @cache
    def loaded(name, backend):
        try:
            return SentenceTransformer(str(folders(name)), backend=backend)
        except BackendUnavailable as reason:
            absent(backend, str(reason))
            raise

    return loaded


@pytest.mark.parametrize("name", sounds())
def test_each_sound_alone_is_as_recorded(load, backend, name):
    model = load(name, backend)
    assert_close(np.stack([model.encode(each) for each in GIVEN]), RECORDED[name])
    assert [row.runs for row in model.explain().rows] == [backend] * 2


@pytest.mark.parametrize("name", sounds())
def test_a_sound_does_not_depend_on_its_neighbours(load, backend, name):
    model = load(name, backend)
    whole = [*MORE, *(each["array"] for each in GIVEN)]
    alone = np.stack([model.encode(each) for each in whole])
    assert (
        np.abs(alone[0] - alone[4]).max() > 1e-3 * np.abs(alone).max()
    )  # they are different sounds
    assert_close(model.encode(whole), alone)
    assert_close(model.encode(whole[::-1])[::-1], alone)
    assert_close(model.encode(whole, batch_size=3), alone)
    assert_close(model.encode(whole, deterministic=True), alone)
    assert_close(model.encode([*whole, *whole]), np.concatenate([alone, alone]))
    assert_close(np.vstack(list(model.encode_iter(iter(whole), window_size=3))), alone)


@pytest.mark.parametrize("name", sounds())
def test_vectors_of_positions_have_no_padding(load, backend, name):
    model = load(name, backend)
    together = model.encode(MORE, output_value="token_embeddings")
    for found, each in zip(together, MORE, strict=True):
        assert_close(found, model.encode(each, output_value="token_embeddings"))


@pytest.mark.parametrize("name", sounds())
def test_features_are_as_recorded(load, name):
    feeds = load(name, "reference").preprocess(GIVEN[:1])
    if "input_features" in feeds:
        made = feeds["input_features"]
    else:
        made = np.concatenate([feeds["input_values"].reshape(1, -1), feeds["input_rest"]], axis=1)
        made = made[:, : len(GIVEN[0]["array"])]
        assert feeds["samples"].tolist() == [len(GIVEN[0]["array"])]
    assert_close(made[..., ::7], RECORDED[f"{name}.features"])


def test_an_empty_extractor_of_a_processor_has_its_defaults_whatever_the_older_file_says(
    folders, tmp_path
):
    folder = shutil.copytree(folders("wav2vec2"), tmp_path / "model")
    (folder / "processor_config.json").write_text('{"feature_extractor": {}}')
    (folder / "preprocessor_config.json").write_text('{"do_normalize": false}')
    model = SentenceTransformer(str(folder), backend="reference")
    assert_close(np.stack([model.encode(each) for each in GIVEN]), RECORDED["wav2vec2"])


@pytest.mark.parametrize("name", ["wav2vec2", "wavlm"])
def test_an_option_of_another_kind_of_model_changes_nothing(folders, backend, tmp_path, name):
    """Of these transformers reads `feat_proj_layer_norm` for HuBERT alone."""
    folder = shutil.copytree(folders(name), tmp_path / name)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "feat_proj_layer_norm": False}))
    model = SentenceTransformer(str(folder), backend=backend)
    assert_close(np.stack([model.encode(each) for each in GIVEN]), RECORDED[name])


@pytest.mark.parametrize("prefix", ["model.encoder.", "encoder."])
def test_published_files_of_a_whole_model_are_read(load, backend, tmp_path, prefix):
    """sentence-transformers draws random weights where a decoder lies beside the encoder."""
    folder = write_sounds("whisper", tmp_path / "whole", prefix=prefix)
    model = SentenceTransformer(str(folder), backend=backend)
    assert_close(np.stack([model.encode(each) for each in GIVEN]), RECORDED["whisper"])


@pytest.mark.parametrize("name", ["whisper", "wav2vec2", "wavlm-layer"])
def test_a_folder_without_modules_is_pooled_by_the_mean(folders, tmp_path, name):
    folder = shutil.copytree(folders(name), tmp_path / name)
    for each in ("modules.json", "sentence_bert_config.json"):
        (folder / each).unlink()
    shutil.rmtree(folder / "1_Pooling")
    nested = json.loads((folder / "processor_config.json").read_text())["feature_extractor"]
    (folder / "processor_config.json").unlink()
    (folder / "preprocessor_config.json").write_text(json.dumps(nested))  # as older files have it
    with pytest.warns(UserWarning, match="pooling='mean'"):
        model = SentenceTransformer(str(folder), backend="reference")
    assert_close(np.stack([model.encode(each) for each in GIVEN]), RECORDED[name])


@pytest.mark.parametrize("name", ["whisper", "hubert"])
def test_a_saved_model_is_the_same_everywhere(load, backend, tmp_path, name):
    model = load(name, backend)
    model.save_pretrained(str(tmp_path / "saved"))
    again = SentenceTransformer(str(tmp_path / "saved"), backend="reference")
    assert_close(again.encode(GIVEN), RECORDED[name])
    listed = json.loads((tmp_path / "saved" / "modules.json").read_text())
    assert listed[0]["type"].endswith("transformer.Transformer")
    settings = json.loads((tmp_path / "saved" / "sentence_bert_config.json").read_text())
    assert settings["modality_config"]["audio"]["method"] == "forward"


def test_workers_hear_the_same(folders):
    model = SentenceTransformer(str(folders("wavlm")), backend="reference")
    with model.start_multi_process_pool(["cpu", "cpu"]) as pool:
        assert_close(model.encode(GIVEN, pool=pool, chunk_size=2), RECORDED["wavlm"])


def test_what_a_model_says_of_its_inputs(load):
    model = load("wav2vec2", "reference")
    assert model.modalities == ["audio"]
    assert model.supports("audio")
    assert not any(map(model.supports, ("text", "image", "video", "message")))
    assert model.is_singular_input(MORE[0])
    assert model.is_singular_input(GIVEN[0])
    assert model.is_singular_input("a.wav")
    assert not model.is_singular_input(MORE)
    assert model.processor.rate == RATE
    assert model.get_embedding_dimension() == 32


@pytest.mark.parametrize(
    ("name", "longest"), [("whisper", 50), ("wav2vec2", None), ("hubert", None), ("clap", 32)]
)
def test_the_longest_sound_is_told_in_positions(load, name, longest):
    """Of CLAP it is what its texts have, as in the reference; others have a tokenizer that reads nothing."""
    assert load(name, "reference").max_seq_length == longest


@pytest.mark.parametrize("name", CLAP)
def test_sounds_and_texts_share_a_space(load, backend, name):
    model = load(name, backend)
    assert model.modalities == ["text", "audio"]
    assert model.supports("audio")
    assert model.supports("text")
    texts = list(clap_models.TEXTS)
    assert_close(np.stack([model.encode(each) for each in HEARD]), RECORDED[name])
    assert_close(np.stack([model.encode(each) for each in texts]), RECORDED[f"{name}.texts"])
    mixed = [texts[0], HEARD[0], HEARD[1], texts[1], texts[2], HEARD[2]]
    found = model.encode(mixed)
    assert_close(found[[1, 2, 5]], RECORDED[name])
    assert_close(found[[0, 3, 4]], RECORDED[f"{name}.texts"])
    assert_close(model.encode(mixed[::-1], batch_size=2)[::-1], found)


@pytest.mark.parametrize("name", CLAP)
def test_spectra_are_as_recorded(load, name):
    feeds = load(name, "reference").preprocess(HEARD[:1])
    assert set(feeds) == {"input_features"}
    assert_close(feeds["input_features"][..., ::7, :], RECORDED[f"{name}.features"])


def test_a_long_sound_is_always_heard_alike(load, backend):
    """sentence-transformers crops it at random."""
    long = sound(5.0, 3, clap_models.RATE)
    first = long[: clap_models.SECONDS * clap_models.RATE]
    model = load("clap", backend)
    with pytest.warns(TruncationWarning, match="1 of 2 inputs"):
        cut = model.encode([long, HEARD[0]])
    assert_close(cut[0], model.encode(first))
    fused = load("clap-fused", backend)
    found = fused.encode([long, HEARD[0]])
    assert_close(found[0], fused.encode(long))
    assert np.abs(found[0] - fused.encode(first)).max() > 1e-3  # the rest is heard too


def test_a_saved_model_hears_and_reads_as_before(load, tmp_path):
    load("clap-repeated", "reference").save_pretrained(str(tmp_path / "saved"))
    again = SentenceTransformer(str(tmp_path / "saved"), backend="reference")
    assert_close(again.encode(HEARD), RECORDED["clap-repeated"])
    assert_close(again.encode(list(clap_models.TEXTS)), RECORDED["clap-repeated.texts"])


@pytest.mark.parametrize(
    ("option", "value", "kind"),
    [
        ("window_size", 5, Unsupported),
        ("spec_size", 72, Unsupported),
        ("patch_stride", [2, 2], Unsupported),
        ("fusion_type", "channel_map", Unsupported),
        ("hidden_act", "mish", Unsupported),
        ("depths", [2], BadModel),
        ("num_attention_heads", [3, 4], BadModel),
        ("hidden_size", 33, BadModel),
        ("enable_fusion", True, BadModel),
        ("patch_size", [4, 2], BadModel),
        ("depths", [0, 2], BadModel),
        ("aff_block_r", 0, BadModel),
        ("spec_size", 10**9, BadModel),
        ("spec_size", 16_384, BadModel),
        ("num_mel_bins", 1, BadModel),
    ],
)
def test_other_towers_of_sounds_are_refused_by_their_option(
    folders, tmp_path, backend, option, value, kind
):
    folder = shutil.copytree(folders("clap"), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config["audio_config"][option] = value
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(kind):
        SentenceTransformer(str(folder), backend=backend).encode(HEARD[0])


def test_the_width_of_both_vectors_is_that_of_the_whole_model(folders, load, tmp_path, backend):
    """transformers' configuration writes its own over what the parts say."""
    folder = shutil.copytree(folders("clap"), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    for part in ("audio_config", "text_config"):
        config[part]["projection_dim"] = 99
    (folder / "config.json").write_text(json.dumps(config))
    model, plain = SentenceTransformer(str(folder), backend=backend), load("clap", backend)
    assert_close(model.encode(HEARD[:1]), plain.encode(HEARD[:1]))
    texts = list(clap_models.TEXTS)
    assert_close(model.encode(texts), plain.encode(texts))


@pytest.mark.parametrize(
    ("made", "silent"), [("5.5.4", True), ("5.23.0", False), ("4.57.1", False), (None, False)]
)
def test_a_folder_of_transformers_alone_says_what_saved_it_too(
    load, folders, tmp_path, made, silent
):
    folder = shutil.copytree(folders("clap-repeated"), tmp_path / "model")
    (folder / "config_sentence_transformers.json").unlink(missing_ok=True)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "transformers_version": made}))
    found = SentenceTransformer(str(folder), backend="reference").encode(HEARD)
    assert np.array_equal(found, load("clap-repeated", "reference").encode(HEARD)) != silent


@pytest.mark.parametrize(
    ("made", "silent"),
    [("5.5.4", True), ("5.22.1", True), ("5.23.0", False), ("6.0.0.dev0", False), ("none", False)],
)
def test_short_sounds_are_filled_up_as_where_the_model_was_saved(
    load, folders, tmp_path, made, silent
):
    """The extractor says that they are repeated, and older releases of transformers did not ask it."""
    folder = shutil.copytree(folders("clap-repeated"), tmp_path / "model")
    versions = {"__version__": {"transformers": made}, "prompts": {}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(versions))
    model = SentenceTransformer(str(folder), backend="reference")
    found = model.encode(HEARD)
    assert np.array_equal(found, load("clap-repeated", "reference").encode(HEARD)) != silent
    if silent:
        settings = {"audio": {"padding": "pad"}}
        file = folder / "sentence_bert_config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "processing_kwargs": settings}))
        again = SentenceTransformer(str(folder), backend="reference")
        assert np.array_equal(again.encode(HEARD), found)
    model.save_pretrained(str(tmp_path / "saved"))
    saved = SentenceTransformer(str(tmp_path / "saved"), backend="reference")
    assert np.array_equal(saved.encode(HEARD), found)
