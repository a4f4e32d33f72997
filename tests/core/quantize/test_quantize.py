"""A folder in fewer bits: what it holds, who reads it, and what is not published."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer
from isomorph.errors import InputError, NotQuantized, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.names import QUANTIZED, QUANTIZED_WEIGHTS
from isomorph.files.weights import read_tensors
from isomorph.quantize import quantize_model
from isomorph.testing.models import write

TEXTS = ["A short text.", "the cat sat on a mat and dogs ran over hills", "x", "one two three " * 5]
MATRIX = "encoder.layer.0.attention.self.query.weight"


def vectors(folder, backend="reference", **more):
    return SentenceTransformer(folder, backend=backend, **more).encode(TEXTS)


def cosines(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_every_backend_computes_the_numbers_that_are_stored(made, source, backend):
    expected = vectors(made.folder)
    found = vectors(made.folder, backend)
    scale = np.abs(expected).max()
    assert np.abs(found - expected).max() <= 2e-5 * scale
    before = vectors(source)
    assert np.abs(expected - before).max() > 1e-4 * scale  # it is not the model before
    assert cosines(expected, before).min() > 0.99


def test_what_was_measured_travels_along(made):
    said = json.loads((made.folder / QUANTIZED).read_text("utf-8"))
    assert (said["weights"], said["activations"]) == ("int8", "float32")
    assert said["measured"]["cosine"]["percentile_1"] == made.measured.cosine_low > 0.99
    assert said["matrices"] == made.layers
    assert said["kept_in_float"] == dict(made.kept)
    assert said["kept_in_float"]["0/pooler.dense.weight"] == "nothing reads it"
    assert made.measured.alone < 1e-4
    card = (made.folder / "README.md").read_text("utf-8")
    assert "## Quantised" in card
    assert f"{made.measured.cosine_low:.6f}" in card


def test_codes_are_under_another_name_than_other_libraries_read(made):
    assert not (made.folder / "model.safetensors").exists()
    stored = load_file(made.folder / QUANTIZED_WEIGHTS)
    assert stored[f"{MATRIX}:codes"].dtype == np.int8
    assert MATRIX not in stored


@pytest.mark.parametrize(("weights", "bound"), [("float16", 4e-3), ("bfloat16", 5e-2)])
def test_sixteen_bits_halve_the_folder(source, tmp_path, weights, bound):
    done = quantize_model(
        source, weights, backend="reference", output=tmp_path / "made", texts=TEXTS
    )
    assert done.size < 0.56
    assert np.abs(vectors(done.folder) - vectors(source)).max() < bound
    stored = load_file(done.folder / "model.safetensors") if weights == "float16" else {}
    assert all(t.dtype == np.float16 for t in stored.values() if t.dtype.kind == "f")


def test_a_layer_that_loses_too_much_stays_in_float(source, tmp_path):
    spoilt = spoil(source, tmp_path / "spoilt")
    done = quantize_model(spoilt, "int8", backend="reference", output=tmp_path / "m", texts=TEXTS)
    assert "of its result" in done.kept[f"0/{MATRIX}"]
    stored = load_file(done.folder / QUANTIZED_WEIGHTS)
    assert stored[MATRIX].dtype == np.float32


def test_a_model_that_loses_too_much_is_not_published(source, tmp_path):
    spoilt = spoil(source, tmp_path / "spoilt")
    target = tmp_path / "there" / "made"
    with pytest.raises(NotQuantized, match=r"is allowed.*query\.weight"):
        quantize_model(
            spoilt, "int8", backend="reference", output=target, texts=TEXTS,
            max_loss=1e-9, max_layer_loss=1.0,
        )  # fmt: skip
    assert not list(target.parent.iterdir())


def spoil(source, target):
    """A copy in which one number of each block of a matrix is so large that the others round to 0."""
    import shutil

    shutil.copytree(source, target)
    file = target / "model.safetensors"
    tensors = load_file(file)
    tensors[MATRIX][:, 0] = 1e4
    # What the large column multiplies is made small, so that the other numbers count.
    tensors["embeddings.LayerNorm.weight"][0] = 1e-5
    tensors["embeddings.LayerNorm.bias"][0] = 0.0
    save_file(tensors, file, {"format": "pt"})
    return target


def test_int8_activations_want_int8_weights(source, tmp_path):
    for weights, activations in (("int4", "int8"), ("int3", "float32"), ("int8", "int4")):
        with pytest.raises(Unsupported, match="weights="):
            quantize_model(
                source, weights, backend="reference", output=tmp_path / "m", activations=activations
            )


def test_a_quantised_model_is_not_quantised_again(made, tmp_path):
    with pytest.raises(Unsupported, match="quantised already"):
        quantize_model(made.folder, "int8", backend="reference", output=tmp_path / "twice")


def test_only_a_folder_of_this_command_is_replaced(source, made, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me", "utf-8")
    with pytest.raises(InputError, match=f"holds no {QUANTIZED}"):
        quantize_model(source, "int8", backend="reference", output=tmp_path / "mine", force=True)
    assert (tmp_path / "mine" / "notes.txt").is_file()


def test_a_user_may_ask_for_the_type(made, source):
    model = SentenceTransformer(made.folder, backend="reference", weights="int8")
    assert "int8" in model.report().stored
    assert "weights are stored as int8" in str(model.explain())
    with pytest.raises(Unsupported, match="isomorph quantize"):
        SentenceTransformer(source, backend="reference", weights="int8")
    with pytest.raises(Unsupported, match=r"stores them as int8.*quantize MODEL --weights float16"):
        SentenceTransformer(made.folder, backend="reference", weights="float16")
    with pytest.raises(Unsupported, match="int8, int4, float16, bfloat16; leave weights= out"):
        SentenceTransformer(made.folder, backend="reference", weights="float32")


def test_saving_keeps_the_codes(made, tmp_path):
    SentenceTransformer(made.folder, backend="reference").save_pretrained(tmp_path / "saved")
    assert not (tmp_path / "saved" / "model.safetensors").exists()
    again = SentenceTransformer(tmp_path / "saved", backend="reference", weights="int8")
    assert np.array_equal(again.encode(TEXTS), vectors(made.folder))


def test_what_systems_leave_in_folders_is_in_nobodys_way(source, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(source, copy)
    for place in (copy, *(each for each in copy.iterdir() if each.is_dir())):
        (place / "desktop.ini").write_text("[.ShellClassInfo]")
        (place / "notes.of.somebody").write_text("what is this?")
    found = quantize_model(copy, "int8", backend="reference", output=tmp_path / "made")
    assert not list(found.folder.rglob("desktop.ini"))
    assert SentenceTransformer(str(found.folder), backend="reference").encode("a").shape


@pytest.mark.parametrize(("before", "weights"), [("float16", "bfloat16"), ("bfloat16", "float16")])
def test_sixteen_bits_of_another_kind_become_those_that_were_asked(tmp_path, before, weights):
    source = write(f"bert-{before}-file", tmp_path / "tiny")
    made = quantize_model(
        source, weights, backend="reference", output=tmp_path / "made", texts=TEXTS
    )
    tensors = read_tensors(Folder(made.folder), "").values()
    assert {"float16": "F16", "bfloat16": "BF16"}[weights] in {each.dtype for each in tensors}
    assert {"float16": "F16", "bfloat16": "BF16"}[before] not in {each.dtype for each in tensors}
