"""Calls of models that take images, with texts beside them or alone: every way through a call."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import sys
from collections import deque

import numpy as np
import pytest
from PIL import Image
from tests.parity.tower_models import TEXTS, build, pictures

from isomorph import SentenceTransformer
from isomorph.errors import InputError, TruncationWarning, Unsupported

IMAGES = pictures()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build("clip", tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def seeing(tmp_path_factory):
    """A model that takes images alone."""
    return SentenceTransformer(
        build("dinov2", tmp_path_factory.mktemp("seeing")), backend="reference"
    )


@pytest.fixture
def model(folder):
    return SentenceTransformer(folder, backend="reference")


MIXED = [TEXTS[0], IMAGES[0], TEXTS[2], {"image": IMAGES[1]}, IMAGES[0], TEXTS[0], IMAGES[3]]


@pytest.fixture(scope="module")
def wanted(folder):
    model = SentenceTransformer(folder, backend="reference")
    return np.stack([model.encode(each) for each in MIXED])


def near(found, wanted):
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_texts_and_images_come_back_in_their_order(model, wanted):
    near(model.encode(MIXED), wanted)
    near(model.encode(MIXED, batch_size=2), wanted)
    near(
        model.encode(MIXED, normalize_embeddings=True),
        wanted / np.linalg.norm(wanted, axis=1)[:, None],
    )
    near(model.encode(tuple(MIXED), deterministic=True), wanted)
    assert model.encode([]).shape == (0, 20)


def test_streams_and_destinations_take_both(model, wanted):
    near(np.stack(list(model.encode_iter(iter(MIXED), window_size=3))), wanted)
    out = np.empty_like(wanted)
    model.encode(MIXED, out=out)
    near(out, wanted)


def test_workers_take_both(model, wanted, tmp_path):
    file = tmp_path / "a.png"
    Image.fromarray(IMAGES[3]).save(file)
    sent = [*MIXED[:-1], file]
    with model.start_multi_process_pool(["cpu", "cpu"]) as pool:
        near(model.encode(sent, pool=pool, chunk_size=2), wanted)


def test_a_report_counts_the_inputs_of_the_call(model):
    given = [IMAGES[0], "long " * 40, IMAGES[1], "short"]
    with pytest.warns(TruncationWarning, match="1 of 4 inputs were cut at 24 tokens.*input 1"):
        _, report = model.encode(given, return_report=True)
    assert (report.texts, report.truncated) == (4, (1,))
    assert model.report().truncated == (1,)
    with pytest.raises(
        InputError, match="1 of 2 inputs are longer than 24 tokens, the first of them input 1"
    ):
        model.encode(given, on_long="error")


def test_a_prompt_goes_in_front_of_texts_alone(model):
    prompted = model.encode(["a cat", IMAGES[0]], prompt="a photo of ")
    near(prompted, model.encode(["a photo of a cat", IMAGES[0]]))


def test_a_bad_image_is_named_by_its_place_and_the_model_goes_on(model, wanted):
    for place in (0, 3, 6):
        given = list(MIXED)
        given[place] = b"no image"
        with pytest.raises(InputError, match=f"^Input {place} is no image that can be read"):
            model.encode(given)
        near(model.encode(MIXED), wanted)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("photos/gone.jpg", "Input 0 is 'photos/gone.jpg', and there is no such file"),
        (["a", "https://a.b/c.png"], "Input 1 is the address"),
        ([{"image": IMAGES[0], "text": "a"}],
         r"Input 0 is a dictionary with the keys \['image', 'text'\], and this model takes text and image"),
        ([("a", IMAGES[0])], "Input 0 is a tuple of 2, a pair, and this model takes text and image"),
        ([3], "Input 0 is int, and this model takes text and image"),
        ([None], "Input 0 is NoneType, and this model takes text and image"),
        ([np.zeros(9, np.float32)], "Input 0 is ndarray, and this model takes text and image"),
    ],
)  # fmt: skip
def test_what_is_neither_is_refused(model, given, said):
    with pytest.raises(InputError, match=said):
        model.encode(given)


def test_a_folder_is_said_to_be_one(seeing, tmp_path):
    with pytest.raises(InputError, match=r"a folder; pass its files, one an input\. An image is"):
        seeing.encode(tmp_path)


def test_a_model_of_images_takes_no_texts(seeing):
    for given in ("a text", ["a text"], [IMAGES[0], "a text"]):
        with pytest.raises(InputError, match="there is no such file"):
            seeing.encode(given)
    with pytest.raises(InputError, match="cannot go in front of image inputs"):
        seeing.encode(IMAGES[0], prompt="a photo of ")


def test_a_model_of_images_gives_a_vector_a_patch(seeing):
    (first, second) = seeing.encode(IMAGES[:2], output_value="token_embeddings")
    assert first.shape == second.shape == (17, 32)
    near(seeing.encode(IMAGES[:1])[0], first.mean(0))
    features = seeing.encode(IMAGES[0], output_value=None)
    near(features["token_embeddings"], first)


def test_alone_and_among_others_an_image_has_the_same_vector(seeing):
    many = [IMAGES[i % 4] for i in range(9)]
    together = seeing.encode(many)
    for index in range(4):
        near(seeing.encode(many[index]), together[index])
        near(together[index + 4], together[index])


SINGLE = [
    ("a text", True), (IMAGES[0], True), (Image.fromarray(IMAGES[0]), True), (b"bytes", True),
    ({"image": "a.jpg"}, True), (io.BytesIO(b""), True), (["a"], False), ([IMAGES[0]], False),
    ((IMAGES[0], IMAGES[0]), False), (np.array(["a", "b"]), False), ([], False),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(SINGLE)))
def test_what_is_one_input(model, seeing, place):
    given, single = SINGLE[place]
    assert model.is_singular_input(given) is single
    assert seeing.is_singular_input(given) is single


def test_what_can_be_iterated_is_a_batch(model, seeing, wanted):
    for made in (iter, deque, lambda mixed: (each for each in mixed)):
        assert not model.is_singular_input(made(MIXED))
        near(model.encode(made(MIXED)), wanted)
        assert not seeing.is_singular_input(made(IMAGES))
        near(seeing.encode(made(IMAGES)), seeing.encode(IMAGES))


@pytest.mark.parametrize(
    "given", [{"text": "a"}, None, [{"role": "user", "content": "a"}], {"image": 1, "text": "a"}]
)
def test_what_is_no_image_is_one_input_too_and_named_by_its_place(seeing, given):
    assert seeing.is_singular_input(given)
    with pytest.raises(InputError, match=r"^Input 0 is "):
        seeing.encode(given)


def test_features_are_those_of_one_modality(model, seeing):
    assert model.preprocess(IMAGES[:2])["pixel_values"].shape == (2, 3, 32, 32)
    assert set(model.preprocess(TEXTS)) == {"input_ids", "attention_mask"}
    assert model.preprocess([]) == {}
    with pytest.raises(
        InputError, match="text and image inputs, which are fed to different modules"
    ):
        model.preprocess([TEXTS[0], IMAGES[0]])
    assert set(seeing.preprocess(IMAGES[:1])) == {"pixel_values", "attention_mask"}


def test_a_text_alone_loads_no_tower_of_images(folder):
    model = SentenceTransformer(folder, backend="reference")
    model.encode(TEXTS)
    routing = model.__loaded__().routing
    assert [(name, pipeline.is_open) for name, pipeline in routing.named()] == [
        ("text", True),
        ("image", False),
    ]


def test_a_copy_is_the_same_model(model, wanted):
    near(pickle.loads(pickle.dumps(model)).encode(MIXED), wanted)


def test_a_model_tells_of_both_towers(model):
    rows = [row.module for row in model.explain().rows]
    assert rows == ["text: 0 tower", "image: 0 tower"]
    assert "image: 0" in repr(model)


def test_code_of_the_folder_takes_no_towers_place(folder, tmp_path):
    place = tmp_path / "model"
    shutil.copytree(folder, place)
    config = json.loads((place / "config.json").read_text("utf-8"))
    config["auto_map"] = {"AutoModel": "modeling.Clip"}
    (place / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(Unsupported, match=r"has modeling\.Clip compute this model"):
        SentenceTransformer(place, backend="reference", trust_remote_code=True)
    assert SentenceTransformer(place, backend="reference").encode("a").shape == (20,)


def test_the_length_is_that_of_texts(model):
    model.max_seq_length = 8
    assert model.max_seq_length == 8
    with pytest.raises(InputError, match="positions for 24 tokens"):
        model.max_seq_length = 25
    near(model.encode(IMAGES[0]), model.encode({"image": IMAGES[0]}))


def test_what_processor_is(model, seeing):
    assert model.processor is model.tokenizer
    assert seeing.processor.size == (32, 32)


def test_an_installation_of_pillow_that_does_not_work_is_no_fault_of_the_images(
    seeing, monkeypatch
):
    """Else a run over thousands would give a row of NaN for each."""
    stream = io.BytesIO()
    Image.fromarray(IMAGES[0]).save(stream, "PNG")
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    for choice in ("error", "nan"):
        with pytest.raises(Unsupported, match=r"Pillow, which does not import .*--force-reinstall"):
            seeing.encode([stream.getvalue()], on_bad_input=choice)
