"""Images, and texts beside them, against the vectors that sentence-transformers gives each input alone."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.parity.tower_models import TEXTS, VARIANTS, build, pictures

from isomorph import SentenceTransformer
from isomorph.errors import Unsupported

pytestmark = pytest.mark.usefixtures("one_session")
HERE = Path(__file__).parent
FACTS = json.loads((HERE / "towers.json").read_text("utf-8"))
VECTORS = np.load(HERE / "towers.npz")
ASKED = ["text", "image", "audio", "video", "message", ("image", "text"), ("audio", "text")]


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def folder(name, tmp_path_factory):
    return build(name, tmp_path_factory.mktemp("tower"))


def near(found, wanted):
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


@pytest.mark.filterwarnings("ignore::isomorph.errors.PoolingGuessed")
def test_vectors_are_those_of_the_reference(name, folder, backend):
    model = SentenceTransformer(folder, backend=backend, device="cpu")
    images, wanted = pictures(), VECTORS[f"{name}.image"]
    near(model.encode(images), wanted)
    near(model.encode(images[2]), wanted[2])
    assert all(row.runs == backend for row in model.explain().rows)
    if f"{name}.text" in VECTORS:
        texts = VECTORS[f"{name}.text"]
        near(model.encode(TEXTS), texts)
        near(model.encode(TEXTS[1]), texts[1])
        mixed = [TEXTS[0], images[3], TEXTS[3], images[0]]
        near(model.encode(mixed), np.stack([texts[0], wanted[3], texts[3], wanted[0]]))


def test_a_column_of_patches_has_the_positions_of_a_row_stood_up(tmp_path, backend):
    """torch's interpolation gives every patch of a column the position of its first one; no backend does."""
    folder = build("siglip2", tmp_path)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    side = math.isqrt(config["vision_config"]["num_patches"])
    file, tall = folder / "model.safetensors", np.full((900, 5, 3), 90, np.uint8)
    model = SentenceTransformer(folder, backend=backend, device="cpu")
    assert model.preprocess([tall])["spatial_shapes"].tolist()[0][1] == 1
    stood = model.encode(tall)
    weights = load_file(file)
    name = "vision_model.embeddings.position_embedding.weight"
    turned = weights[name].reshape(side, side, -1).transpose(1, 0, 2)
    save_file({**weights, name: turned.reshape(side * side, -1).copy()}, file, {"format": "pt"})
    lying = SentenceTransformer(folder, backend=backend, device="cpu").encode(
        tall.transpose(1, 0, 2).copy()
    )
    near(stood, lying)


@pytest.mark.parametrize("name", ["clip", "chinese-clip"])
def test_options_in_the_place_of_older_files_count(name, tmp_path, backend):
    """What is not there has its default, as transformers has it, which the torch backend runs."""
    folder = build(name, tmp_path)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    unsaid = {"hidden_act": "gelu_new", "layer_norm_eps": 0.05}
    for key, act in (("vision_config", "gelu"), ("text_config", "relu")):
        config[f"{key}_dict"] = {**config[key], "hidden_act": act}
        config[f"{key}_dict"].pop("layer_norm_eps", None)
        config[key] = {**config[key], **unsaid}
    found = _vectors(folder, config, backend)
    for key in ("vision_config", "text_config"):
        config[key] = config.pop(f"{key}_dict")
    for each, wanted in zip(found, _vectors(folder, config, backend), strict=True):
        near(each, wanted)


def _vectors(folder, config, backend):
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    model = SentenceTransformer(folder, backend=backend, device="cpu")
    assert all(row.runs == backend for row in model.explain().rows)
    return model.encode(pictures()), model.encode(TEXTS)


@pytest.mark.filterwarnings("ignore::isomorph.errors.PoolingGuessed")
def test_pixels_are_those_of_the_reference_to_the_bit(name, folder):
    model = SentenceTransformer(folder, backend="reference")
    for image, shape, sha256 in zip(
        pictures(), FACTS[name]["pixels"], FACTS[name]["sha256"], strict=True
    ):
        pixels = model.preprocess([image])["pixel_values"]
        if pixels.ndim == 3:  # patches; the reference pads them to the most that there may be
            pixels = np.pad(pixels, ((0, 0), (0, shape[1] - pixels.shape[1]), (0, 0)))
        assert list(pixels.shape) == shape
        assert pixels.dtype == np.float32
        assert hashlib.sha256(pixels.tobytes()).hexdigest() == sha256


@pytest.mark.filterwarnings("ignore::isomorph.errors.PoolingGuessed")
def test_a_model_says_of_itself_what_the_reference_says(name, folder):
    model, said = SentenceTransformer(folder, backend="reference"), FACTS[name]
    assert model.modalities == said["modalities"]
    assert [model.supports(each) for each in ASKED] == said["supports"]
    assert model.max_seq_length == said["max_seq_length"]
    assert model.get_embedding_dimension() == said["dimension"]
    if "ids" in said:
        ids = [model.preprocess([each])["input_ids"][0].tolist() for each in TEXTS]
        assert ids == said["ids"]


@pytest.mark.filterwarnings("ignore::isomorph.errors.PoolingGuessed")
def test_a_saved_model_gives_the_same_vectors(name, folder, tmp_path):
    model = SentenceTransformer(folder, backend="reference")
    model.save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    assert again.modalities == model.modalities
    images = pictures()
    np.testing.assert_array_equal(again.encode(images), model.encode(images))
    if "text" in model.modalities:
        np.testing.assert_array_equal(again.encode(TEXTS), model.encode(TEXTS))


@pytest.mark.parametrize(
    ("name", "key", "option", "value"),
    [
        ("clip", "vision_config", "num_channels", 1),
        ("vit", None, "num_channels", 4),
        ("siglip", "vision_config", "vision_use_head", False),
    ],
)
def test_a_tower_that_gives_no_vector_of_colours_is_refused_alike(
    name, key, option, value, tmp_path, backend
):
    folder = build(name, tmp_path)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (config[key] if key else config)[option] = value
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(Unsupported, match=f"{option}={value}"):
        SentenceTransformer(folder, backend=backend, device="cpu")
