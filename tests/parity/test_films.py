"""Texts with videos among them, against the vectors that sentence-transformers gives each input alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from tests.parity.films import PROCESSORS, forms, told, video
from tests.parity.mingled_models import TEXTS, VARIANTS, build
from tests.parity.tower_models import picture

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.errors import BadInputWarning, BadModel, InputError, Unsupported

pytestmark = pytest.mark.usefixtures("one_session")
HERE = Path(__file__).parent
FACTS = json.loads((HERE / "films.json").read_text("utf-8"))
VECTORS = np.load(HERE / "films.npz")


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def folders(name, tmp_path_factory):
    place = tmp_path_factory.mktemp("films")
    return {each: build(name, place / each, video=own) for each, own in PROCESSORS.items()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """One of them, for what does not depend on the family."""
    return SentenceTransformer(
        build("qwen2_vl", tmp_path_factory.mktemp("plain")), backend="reference"
    )


def near(found, wanted):
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_vectors_are_those_of_the_reference(name, folders, backend):
    model = SentenceTransformer(folders["plain"], backend=backend, device="cpu")
    given, wanted = list(forms("plain").values()), VECTORS[f"{name}.plain"]
    near(model.encode(given), wanted)  # all forms in one call
    near(model.encode(given[1]), wanted[1])
    mixed = model.encode([TEXTS[0], picture(40, 40, 3), given[0], TEXTS[0]])
    near(mixed[2], wanted[0])
    near(mixed[3], model.encode(TEXTS[0]))


@pytest.mark.parametrize("processor", PROCESSORS)
def test_ids_and_pixels_are_those_of_the_reference_to_the_bit(name, folders, processor):
    model = SentenceTransformer(folders[processor], backend="reference")
    said = FACTS[f"{name}.{processor}"]
    for form, each in forms(processor).items():
        fed = model.preprocess([each])
        assert fed["input_ids"][0].tolist() == said["ids"][form], form
        if "image" not in form and form != "conversation":
            there = fed["cell_mask"].astype(bool)
            pixels = fed["pixel_values"][there].tobytes()
            assert hashlib.sha256(pixels).hexdigest() == said["sha256"][form], form


def test_forms_that_say_the_same_have_one_vector(plain):
    from PIL import Image

    frames = video(5, 33, 50, 4)
    wanted = plain.encode([frames])
    images = [Image.fromarray(each) for each in frames]
    part = {"type": "video", "video": images}
    for each in (
        {"video": frames},
        {"video": images},
        {"video": [*frames]},
        {"video": [each.transpose(2, 0, 1) for each in frames]},
        {"video": frames / 255},
        {"array": frames, "video_metadata": None},
        {"array": images, "video_metadata": {"fps": 3}},
        [{"role": "user", "content": [part]}],
    ):
        np.testing.assert_array_equal(plain.encode([each]), wanted)
    assert plain.is_singular_input(frames)
    assert plain.is_singular_input({"array": frames, "video_metadata": None})
    two = plain.encode([{"video": [frames, frames[:2]]}])
    assert np.abs(two - wanted).max() > 1e-3


def test_the_users_word_on_frames_and_pixels_counts(plain):
    def parts(**options):
        model = SentenceTransformer(
            plain._loaded.whole.folder, backend="reference", processor_kwargs=options
        )
        fed = model.preprocess([told(video(30, 24, 40, 1), 8.0)])
        return [int(fed["cell_mask"].shape[0]), int(fed["cell_mask"].shape[1])]

    assert parts() == [15, 4]
    assert parts(num_frames=6) == [3, 4]
    assert parts(fps=2) == [3, 4]
    assert parts(fps=2, min_frames=20) == [10, 4]
    assert parts(fps=2, do_sample_frames=False) == [15, 4]
    assert parts(max_pixels=512) == [15, 1]
    with pytest.raises(InputError, match="both fps and num_frames"):
        parts(fps=2, num_frames=4)
    with pytest.raises(InputError, match="fps"):
        parts(fps=-1)


FRAMES = video(4, 24, 24, 5)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (np.zeros((2, 4, 24, 24, 3), np.uint8), "shape"),
        (np.zeros((4, 24, 24, 9), np.uint8), "neither"),
        (np.zeros((0, 24, 24, 3), np.uint8), "without a frame"),
        (np.full((4, 24, 24, 3), np.nan), "numbers go from nan"),
        ({"video": [FRAMES[0], FRAMES[1][:20]]}, "different sizes"),
        ({"video": "nowhere.mp4"}, "no such file"),
        ("nowhere.mp4", "no such file"),
        ("https://example.com/film.mp4", "fetch"),
        ("https://youtu.be/x", "a page that shows a video"),
        ("data:video/mp4,x", "is read"),
        ({"array": FRAMES, "video_metadata": {"rate": 3}}, "video_metadata"),
        ({"array": FRAMES, "video_metadata": {"fps": 0}}, "fps"),
        ({"array": FRAMES, "video_metadata": {"frames_indices": [0, 1]}}, "frames_indices name 2"),
        ({"array": FRAMES, "video_metadata": {"total_num_frames": 0}}, "total_num_frames"),
        ({"array": FRAMES, "video_metadata": {}, "fps": 3}, "processor_kwargs"),
        ({"array": 3, "video_metadata": {}}, "but a video is"),
        ({"role": "user", "content": [{"type": "video"}]}, "a part of type 'video'"),
        ({"role": "user", "content": [{"type": "video", "video": FRAMES, "fps": 2}]}, "fps"),
        ({"video": np.zeros((4, 2000, 9, 3), np.uint8)}, "so narrow"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_index_and_the_model_goes_on(plain, given, why):
    with pytest.raises(InputError, match=rf"Input 1\b.*{why}"):
        plain.encode(["this", given])
    assert np.isfinite(plain.encode(["this"])).all()


def test_a_bad_video_is_a_row_of_nan_where_that_is_asked_for(plain):
    bad = {"video": np.zeros((4, 2000, 9, 3), np.uint8)}
    with pytest.warns(BadInputWarning):
        found, report = plain.encode([FRAMES, bad], on_bad_input="nan", return_report=True)
    assert [place for place, _ in report.bad_inputs] == [1]
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_a_model_without_videos_refuses_them_by_their_name(tmp_path):
    folder = build("qwen2_vl", tmp_path)
    file = folder / "sentence_bert_config.json"
    settings = json.loads(file.read_text("utf-8"))
    del settings["modality_config"]["video"]
    file.write_text(json.dumps(settings), "utf-8")
    model = SentenceTransformer(folder, backend="reference")
    assert not model.supports("video")
    for given in (FRAMES, {"video": FRAMES, "text": "a"}):
        with pytest.raises(
            InputError, match=r"Input 0 holds 'video'; this model takes texts and images"
        ):
            model.encode([given])


@pytest.mark.parametrize(
    ("options", "error", "why"),
    [
        ({"patch_size": 16}, BadModel, "the video processor makes patches of 16 pixels"),
        ({"fps": 2, "num_frames": 4}, Unsupported, "both fps and num_frames"),
        ({"video_processor_type": "OtherVideoProcessor"}, Unsupported, "OtherVideoProcessor"),
        ({"keyframes": 4}, Unsupported, "keyframes"),
        ({"fps": "two"}, BadModel, "fps"),
        ({"size": 448}, BadModel, "size"),
        ({"size": {"shortest_edge": 4096, "longest_edge": 256}}, BadModel, "bound each other"),
    ],
)
def test_a_processor_of_videos_that_is_not_followed_is_refused(tmp_path, options, error, why):
    with pytest.raises(error, match=why):
        SentenceTransformer(build("qwen2_vl", tmp_path, video=options), backend="reference")


def test_what_the_module_says_of_videos_counts(tmp_path):
    folder = build("qwen2_vl", tmp_path)
    file = folder / "sentence_bert_config.json"
    settings = json.loads(file.read_text("utf-8"))
    settings["processing_kwargs"] = {"video": {"do_sample_frames": True, "num_frames": 4}}
    file.write_text(json.dumps(settings), "utf-8")
    model = SentenceTransformer(folder, backend="reference")
    assert model.preprocess([video(9, 24, 24, 5)])["cell_mask"].shape[0] == 2


@pytest.mark.parametrize(
    ("of_images", "kind"),
    [
        ("Qwen2VLImageProcessor", "Qwen2VLVideoProcessor"),
        ("Qwen2VLImageProcessorFast", "Qwen3VLVideoProcessor"),
    ],
)
def test_a_file_of_images_alone_names_the_processor_of_videos(tmp_path, of_images, kind):
    """As transformers has it: by the name of a class, where there is one of that name."""
    found = []
    for name, own in (("both", {"image_processor_type": of_images}), ("own", {})):
        folder = build("qwen3_vl", tmp_path / name)
        parts = json.loads((folder / "processor_config.json").read_text("utf-8"))
        (folder / "processor_config.json").unlink()
        said = {**parts["image_processor"], **own}
        (folder / "preprocessor_config.json").write_text(json.dumps(said), "utf-8")
        if not own:
            said = {**parts["video_processor"], "video_processor_type": kind}
            (folder / "video_preprocessor_config.json").write_text(json.dumps(said), "utf-8")
        model = SentenceTransformer(folder, backend="reference")
        found.append(model.preprocess([told(video(6, 120, 104, 1), 2)])["pixel_values"])
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(("token", "why"), [(None, "no video_token_id"), (True, "one token")])
def test_a_token_for_videos_that_is_none_of_its_own_is_refused(tmp_path, token, why):
    folder = build("qwen3_vl", tmp_path)
    file = folder / "config.json"
    config = json.loads(file.read_text("utf-8"))
    del config["video_token_id"]
    if token:
        config["video_token_id"] = config["image_token_id"]
    file.write_text(json.dumps(config), "utf-8")
    with pytest.raises(BadModel, match=why):
        SentenceTransformer(folder, backend="reference")


def test_a_reranker_compares_a_query_with_a_video(tmp_path):
    folder = build("reranker", tmp_path)
    file = folder / "sentence_bert_config.json"
    settings = json.loads(file.read_text("utf-8"))
    settings["modality_config"]["video"] = settings["modality_config"]["image"]
    file.write_text(json.dumps(settings), "utf-8")
    model = CrossEncoder(folder, backend="reference")
    scores = model.predict([(TEXTS[0], FRAMES), (TEXTS[0], {"video": [*FRAMES]}), (TEXTS[0], "a")])
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)
    assert abs(scores[0] - scores[2]) > 1e-4
    np.testing.assert_allclose(model.predict((TEXTS[0], FRAMES)), scores[0], atol=1e-5)


def test_a_sample_holds_a_video_where_that_is_as_short_as_an_image(tmp_path):
    large = {"size": {"shortest_edge": 128 * 28 * 28, "longest_edge": 768 * 28 * 28}}
    for name, options, films in (("small", None, 1), ("large", large, 0)):
        folder = build("qwen2_vl", tmp_path / name, video=options)
        model = SentenceTransformer(folder, backend="reference")
        inputs = model._loaded.whole.chains[("message",)].inputs
        media = [type(each).__name__ for each in inputs.sample(9, 1).media]
        assert media.count("Film") == films
