"""Image processors as files say them: what is not known is refused by its name."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from PIL import Image
from tests.parity import mingled_models
from tests.parity.tower_models import build, picture

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.preprocess.pixels.resize_floats import resize_floats


@pytest.fixture
def changed(tmp_path):
    """A model whose processor, or another file, says something else."""

    def make(name="clip", file="processor_config.json", key="image_processor", **changes):
        folder = build(name, tmp_path / name)
        content = json.loads((folder / file).read_text("utf-8"))
        inner = content[key] if key else content
        inner.update(changes)
        (folder / file).write_text(json.dumps(content), "utf-8")
        return SentenceTransformer(folder, backend="reference")

    return make


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image_processor_type": "FlavaImageProcessor"}, "the class 'FlavaImageProcessor'"),
        ({"do_reduce_labels": True}, "sets do_reduce_labels=True, which is not done"),
        ({"do_pad": True}, "sets do_pad=True, which is not done"),
        ({"resample": 4}, "sets resample=4; what is done: 1 .lanczos., 2"),
        ({"size": {"longest_edge": 32}}, "sets size=.*what is done: shortest_edge, or height"),
        ({"do_center_crop": False}, "leaves images of different sizes"),
        ({"do_resize": False, "do_center_crop": False}, "leaves images of different sizes"),
    ],
)
def test_what_is_not_done_is_refused_by_name(changed, changes, said):
    with pytest.raises(Unsupported, match=said):
        changed(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": 10**6}, "sets size=1000000"),
        ({"crop_size": {"height": 32}}, "does not set width"),
        ({"image_mean": [0.5, 0.5]}, "sets image_mean"),
        ({"image_std": [0.5, 0, 0.5]}, "sets image_std"),
        ({"image_std": -1}, "sets image_std"),
        ({"rescale_factor": 0}, "sets rescale_factor=0"),
        ({"crop_size": 40}, "takes images of 32 x 32"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(changed, changes, said):
    with pytest.raises(BadModel, match=said):
        changed(**changes)


@pytest.mark.parametrize("flag", ["do_normalize", "do_rescale", "do_resize"])
def test_a_step_whose_flag_is_null_is_left_out(flag, changed):
    image = picture(50, 41)
    expected = changed(**{flag: False}).preprocess([image])["pixel_values"]
    np.testing.assert_array_equal(
        changed(**{flag: None}).preprocess([image])["pixel_values"], expected
    )
    assert not np.array_equal(changed(**{flag: True}).preprocess([image])["pixel_values"], expected)


@pytest.mark.parametrize(
    ("option", "step"),
    [
        ("size", "do_resize"),
        ("resample", "do_resize"),
        ("crop_size", "do_center_crop"),
        ("rescale_factor", "do_rescale"),
        ("image_mean", "do_normalize"),
        ("image_std", "do_normalize"),
    ],
)
def test_what_a_step_needs_is_not_null(option, step, changed):
    with pytest.raises(BadModel, match=f"sets {option}=null, and {step} needs it"):
        changed(**{option: None})


def test_a_crop_of_a_class_that_has_none_is_not_guessed(changed):
    with pytest.raises(BadModel, match="sets crop_size=null, and do_center_crop needs it"):
        changed("vit", "preprocessor_config.json", "", do_center_crop=True)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"size": 37, "default_to_square": True}, {"size": {"height": 37, "width": 37}}),
        ({"size": 37, "default_to_square": False}, {"size": {"shortest_edge": 37}}),
        ({"size": 37}, {"size": {"shortest_edge": 37}}),
        ({"size": [37, 45]}, {"size": {"height": 37, "width": 45}}),
        ({"crop_size": [32, 32]}, {"crop_size": {"height": 32, "width": 32}}),
        ({"image_mean": [0.4], "image_std": [0.3]}, {"image_mean": 0.4, "image_std": 0.3}),
    ],
)
def test_shorter_ways_of_saying_a_number_mean_the_same(said, means, changed, tmp_path):
    image = picture(50, 41)
    expected = changed(**means).preprocess([image])["pixel_values"]
    np.testing.assert_array_equal(changed(**said).preprocess([image])["pixel_values"], expected)
    assert not np.array_equal(changed().preprocess([image])["pixel_values"], expected) or (
        "crop_size" in said
    )


def test_lanczos_is_lanczos(changed):
    """Pillow's is the same but for the bits of its weights, hence a grey level here and there."""
    pixels = changed(resample=1, do_normalize=False).preprocess([picture(64, 64)])["pixel_values"]
    whole = Image.fromarray(picture(64, 64)).resize((32, 32), Image.Resampling.LANCZOS)
    assert np.abs(pixels[0] * 255 - np.asarray(whole).transpose(2, 0, 1)).max() < 1.5


@pytest.mark.parametrize("most", [7, 64])
def test_the_most_patches_are_those_of_the_file(most, changed):
    model = changed("siglip2", max_num_patches=most)
    assert model.preprocess([picture(70, 70)])["pixel_values"].shape[1] == int(most**0.5) ** 2


def test_a_square_class_keeps_proportions_where_its_file_says_so(changed):
    cut = {"do_center_crop": True, "crop_size": 48}
    seen = [
        changed("vit", "preprocessor_config.json", "", size=size, **more, **cut)
        for size, more in (
            (52, {"default_to_square": False}),
            ({"shortest_edge": 52}, {}),
            (52, {}),
        )
    ]
    asked, said, square = (each.preprocess([picture(50, 41)])["pixel_values"] for each in seen)
    np.testing.assert_array_equal(asked, said)
    assert not np.array_equal(asked, square)


def test_a_size_of_one_number_is_the_shorter_side_to_siglip_s_class(changed):
    """Which transformers' class says, though the files that it saves have a height and a width."""
    cut = {"do_center_crop": True, "crop_size": 32}
    seen = [
        changed("siglip", "processor_config.json", "image_processor", size=size, **cut)
        for size in (40, {"shortest_edge": 40})
    ]
    asked, said = (each.preprocess([picture(50, 41)])["pixel_values"] for each in seen)
    np.testing.assert_array_equal(asked, said)


def test_pixels_that_are_not_rescaled_are_resized_as_whole_numbers(changed):
    plain = {"do_rescale": False, "do_normalize": False}
    model = changed("dinov3", "preprocessor_config.json", "", **plain)
    pixels = model.preprocess([picture(50, 41)])["pixel_values"]
    np.testing.assert_array_equal(pixels, np.round(pixels))


@pytest.mark.parametrize(
    ("kind", "sizes", "wanted", "digest"),
    [
        ("bilinear", (61, 33), (32, 48), "6510b36cae160cef"),
        ("bilinear", (200, 150), (32, 24), "435e6cfbea482e4b"),
        ("bilinear", (9, 11), (40, 21), "844166515b1ebfaa"),
        ("bicubic", (61, 33), (32, 48), "97db44a61a544606"),
        ("bicubic", (200, 150), (32, 24), "af046a07734ab9cd"),
        ("bicubic", (9, 11), (40, 21), "a94886dc11c742e0"),
    ],
)
def test_floats_are_resized_to_the_bits_that_torchvision_gave(kind, sizes, wanted, digest):
    """Digests of what torchvision 0.28 gave with antialias; filters reach over few and many inputs."""
    y, x = np.mgrid[0 : sizes[0], 0 : sizes[1]]
    colours = [((y * 7 + x * x * (c + 3)) % 256).astype(np.float32) for c in range(3)]
    made = resize_floats(np.stack(colours) / np.float32(255), *wanted, kind)
    assert hashlib.sha256(np.ascontiguousarray(made).tobytes()).hexdigest().startswith(digest)


@pytest.mark.parametrize(("write", "name"), [(build, "clip"), (mingled_models.build, "qwen2_vl")])
def test_without_a_processor_nothing_says_what_becomes_of_images(write, name, tmp_path):
    folder = write(name, tmp_path / "model")
    (folder / "processor_config.json").unlink()
    with pytest.raises(BadModel, match="nothing says what becomes of images"):
        SentenceTransformer(folder, backend="reference")


@pytest.mark.parametrize("settings", [{}, {"transformer_task": "feature-extraction"}])
def test_both_towers_are_read_where_no_modality_is_listed(settings, tmp_path, backend):
    folder, image = build("clip", tmp_path / "model"), picture(50, 41)
    with SentenceTransformer(folder, backend=backend) as model:
        expected = [model.encode(one) for one in ("a photo", image)]
    given = {"module_output_name": "sentence_embedding", **settings}
    (folder / "sentence_bert_config.json").write_text(json.dumps(given), "utf-8")
    with SentenceTransformer(folder, backend=backend) as model:
        for one, vector in zip(("a photo", image), expected, strict=True):
            np.testing.assert_allclose(model.encode(one), vector, rtol=0, atol=1e-5)


@pytest.mark.parametrize("end", [None, [2], "2"])
def test_the_end_of_a_text_is_one_id(end, changed):
    with pytest.raises(BadModel, match="eos_token_id"):
        changed(file="config.json", key="text_config", eos_token_id=end)


@pytest.mark.parametrize(
    ("write", "name", "key", "option"),
    [
        (build, "clip", "vision_config", "num_hidden_layers"),
        (build, "clip", "text_config", "num_hidden_layers"),
        (build, "siglip", "vision_config", "num_hidden_layers"),
        (mingled_models.build, "qwen2_vl", "vision_config", "depth"),
    ],
)
def test_stored_layers_of_a_tower_that_no_one_reads_are_told(write, name, key, option, tmp_path):
    folder = write(name, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config[key][option] = 1
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.warns(UserWarning, match="fewer layers"):
        SentenceTransformer(folder, backend="reference")


def test_a_faster_class_and_null_are_the_same_processor(changed, tmp_path):
    plain = SentenceTransformer(build("clip", tmp_path / "plain"), backend="reference")
    other = changed(image_processor_type="CLIPImageProcessorFast", do_pad=None, device=None)
    image = picture(50, 41)
    for name, array in plain.preprocess([image]).items():
        np.testing.assert_array_equal(other.preprocess([image])[name], array)


def test_the_nested_file_wins(changed, tmp_path):
    flat = {"image_processor_type": "Nobody"}
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "preprocessor_config.json").write_text(json.dumps(flat), "utf-8")
    assert changed().preprocess([picture(9, 9)])["pixel_values"].shape == (1, 3, 32, 32)


def test_an_empty_processor_has_the_defaults_of_its_class_whatever_the_older_file_says(tmp_path):
    folder, image = build("siglip2", tmp_path / "siglip2"), picture(40, 40)
    whole = SentenceTransformer(folder, backend="reference").preprocess([image])["pixel_values"]
    (folder / "preprocessor_config.json").write_text('{"do_normalize": false}', "utf-8")
    (folder / "processor_config.json").write_text('{"image_processor": {}}', "utf-8")
    found = SentenceTransformer(folder, backend="reference").preprocess([image])["pixel_values"]
    np.testing.assert_array_equal(found, whole)  # what the file said were the defaults


def test_a_crop_that_is_larger_is_filled_with_zeros(changed):
    model = changed(size={"shortest_edge": 21}, do_normalize=False)
    (pixels,) = model.preprocess([np.full((30, 30, 3), 255, np.uint8)])["pixel_values"]
    inside = pixels[:, 5:26, 5:26]
    assert (inside == 1).all()
    assert pixels.sum() == inside.sum()


def test_an_image_that_is_too_narrow_is_named(changed):
    model = changed()
    with pytest.raises(InputError, match="Input 1 of 60000 x 1 pixels is so narrow"):
        model.encode([picture(4, 4), np.zeros((1, 60000, 3), np.uint8)])


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ({"audio": {}}, "takes audio inputs; of model_type 'clip' this version has text and image"),
        ({"image": {"method": "forward"}}, "sends image inputs through forward"),
        ({"text": {"method": "get_text_features", "method_output_name": "last_hidden_state"}},
         "sends text inputs through get_text_features.. to 'last_hidden_state'"),
        ({"message": {}}, "takes message inputs"),
    ],
)  # fmt: skip
def test_other_ways_through_a_model_are_refused_by_name(changed, ways, said):
    with pytest.raises(Unsupported, match=said):
        changed(file="sentence_bert_config.json", key="", modality_config=ways)


@pytest.mark.parametrize("kept", ["text", "image"])
def test_one_of_several_towers_alone_is_a_model(changed, kept):
    way = {"method": f"get_{kept}_features", "method_output_name": "pooler_output"}
    model = changed(file="sentence_bert_config.json", key="", modality_config={kept: way})
    assert model.modalities == [kept]
    assert model.encode("a" if kept == "text" else picture(9, 9)).shape == (20,)


@pytest.mark.parametrize(
    "asked",
    [{"image": {"do_pad": True}}, {"text": {"stride": 2}}, {"common": {"device": "cpu"}}],
)
def test_other_processing_is_refused_by_name(changed, asked):
    with pytest.raises(Unsupported, match=f"processing_kwargs of {next(iter(asked))}"):
        changed(file="sentence_bert_config.json", key="", processing_kwargs=asked)


@pytest.mark.parametrize(
    "asked",
    [{"do_normalize": False}, {"resample": 2, "size": {"height": 40, "width": 36}}, {"size": 50}],
)
def test_what_a_module_says_of_images_wins_over_the_files_of_their_processor(changed, asked):
    said = changed(**asked)
    settings = {"processing_kwargs": {"image": asked}}
    found = changed(file="sentence_bert_config.json", key="", **settings)
    for each in (picture(50, 41), picture(33, 70)):
        pixels = [model.preprocess([each])["pixel_values"] for model in (found, said)]
        np.testing.assert_array_equal(*pixels)


@pytest.mark.parametrize("asked", [{"size": {"height": 40}}, {"image_mean": "much"}])
def test_what_a_module_says_of_images_is_judged_as_files_are(changed, asked):
    settings = {"processing_kwargs": {"image": asked}}
    with pytest.raises((BadModel, Unsupported), match=next(iter(asked))):
        changed(file="sentence_bert_config.json", key="", **settings)
