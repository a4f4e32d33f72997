"""What a call says of images, sounds, videos and templates: wherever it runs, and what it cannot say."""

from __future__ import annotations

import asyncio
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.parity import clap_models, message_models, mingled_models, tower_models
from tests.parity.films import told, video
from tests.parity.tower_models import picture

from isomorph import CrossEncoder, DynamicBatcher, MultiVectorEncoder, SentenceTransformer
from isomorph.errors import InputError
from isomorph.model.graph import Graph, Module
from isomorph.model.model import Model
from isomorph.preprocess.pixels.inputs import Images
from isomorph.preprocess.text import Text
from isomorph.runtime import pipeline as pipelines
from isomorph.runtime.by_call import asked_inputs, patched
from isomorph.runtime.job import Job
from isomorph.testing.tiny_sounds import write_sounds

PARITY = Path(__file__).parents[2] / "parity"
IMAGE, FILM = picture(40, 60, 1), told(video(12, 32, 32, 3), 4.0)
GIVEN = [{"text": "a cat", "image": IMAGE}, "a cat", IMAGE]
SMALL = {"image": {"max_pixels": 512}}
BEGUN = {"chat_template": {"add_generation_prompt": True}}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder for each kind of model."""
    place = tmp_path_factory.mktemp("by_call")
    return {
        "messages": mingled_models.build("qwen2_vl", place / "messages"),
        "spread": mingled_models.build("qwen3_vl", place / "spread"),
        "clip": tower_models.build("clip", place / "clip"),
        "siglip2": tower_models.build("siglip2", place / "siglip2"),
        "vit": tower_models.build("vit", place / "vit"),
        "clap": clap_models.write_clap("clap", place / "clap"),
        "whisper": write_sounds("whisper", place / "whisper"),
        "templates": message_models.build("texts-structured", place / "templates"),
        "texts": Path(shutil.copytree(PARITY / "models" / "bert-mean", place / "texts")),
    }


@pytest.fixture
def load(folders):
    def loaded(name, **more):
        return SentenceTransformer(folders[name], backend="reference", **more)

    return loaded


def near(found, wanted):
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())


def saying(folder, target, said):
    """A copy of a folder whose module says it."""
    copy = Path(shutil.copytree(folder, target))
    file = copy / "sentence_bert_config.json"
    settings = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**settings, "processing_kwargs": said}), "utf-8")
    return copy


@pytest.mark.parametrize(
    ("name", "inputs", "said"),
    [
        ("messages", GIVEN, SMALL),
        ("messages", [FILM], {"video": {"do_sample_frames": True, "fps": 1}, **SMALL}),
        ("spread", [FILM], {"video": {"do_sample_frames": False}}),
        ("clip", ["a cat", IMAGE], {"image": {"do_normalize": False}}),
        ("templates", ["a sea"], BEGUN),
    ],
)
def test_a_call_says_what_a_folder_says(load, folders, tmp_path, name, inputs, said):
    folder = saying(folders[name], tmp_path / "model", said)
    wanted = SentenceTransformer(folder, backend="reference")
    model = load(name)
    near(model.encode(inputs, processing_kwargs=said), wanted.encode(inputs))
    first = [inputs[-1]]
    fed, expected = model.preprocess(first, processing_kwargs=said), wanted.preprocess(first)
    assert {name: array.tolist() for name, array in fed.items()} == {
        name: array.tolist() for name, array in expected.items()
    }


def test_a_call_counts_before_its_folder_option_by_option(load, folders, tmp_path):
    own = {"image": {"max_pixels": 512, "do_normalize": False}, "video": {"do_resize": False}}
    model = SentenceTransformer(
        saying(folders["messages"], tmp_path / "model", own), backend="reference"
    )
    plain = load("messages")
    near(
        model.encode(GIVEN, processing_kwargs={"image": {"max_pixels": 2048}}),
        plain.encode(
            GIVEN, processing_kwargs={"image": {"max_pixels": 2048, "do_normalize": False}}
        ),
    )
    near(model.encode(GIVEN), plain.encode(GIVEN, processing_kwargs=own))


@pytest.mark.parametrize(("own", "length"), [({}, 4), ({"text": {"max_length": 6}}, 6)])
def test_a_folder_counts_before_the_constructor(folders, tmp_path, own, length):
    folder = saying(folders["texts"], tmp_path / "model", own)
    given = {"model_max_length": 4}
    model = SentenceTransformer(folder, backend="reference", processor_kwargs=given)
    assert model.preprocess(["a b c d e f g h"])["input_ids"].shape == (1, length)


def test_the_constructor_counts_where_a_call_says_nothing(load):
    few = load("messages", processor_kwargs={"max_pixels": 512, "fps": 1})
    plain = load("messages")
    said = {"image": {"resample": 2}}
    near(
        few.encode([IMAGE], processing_kwargs=said),
        plain.encode([IMAGE], processing_kwargs={"image": {"resample": 2, "max_pixels": 512}}),
    )
    taken = {"video": {"do_sample_frames": True, "fps": 1, "max_pixels": 512, "resample": 2}}
    near(
        few.encode([FILM], processing_kwargs={"video": {"resample": 2}}),
        plain.encode([FILM], processing_kwargs=taken),
    )
    template = "{% for m in messages %}{{ m.content[0].text }}{% endfor %}{{ word }}"
    spoken = load("templates", processor_kwargs={"chat_template": template})
    found = spoken.preprocess(["a "], processing_kwargs={"chat_template": {"word": "sea"}})
    wanted = load("texts").preprocess(["a sea"])["input_ids"][:, 1:-1]  # the template frames texts
    np.testing.assert_array_equal(found["input_ids"], wanted)


def test_a_template_of_the_constructor_gets_what_a_folder_gives_it(folders, tmp_path):
    template = "{% for m in messages %}{{ m.content }}{% endfor %}{{ word }}"
    folder = saying(folders["texts"], tmp_path / "model", {"chat_template": {"word": "sea"}})
    file = folder / "sentence_bert_config.json"
    settings = json.loads(file.read_text("utf-8"))
    settings.pop("modality_config", None)  # or the template would have no say
    file.write_text(json.dumps(settings), "utf-8")
    given = {"chat_template": template}
    model = SentenceTransformer(folder, backend="reference", processor_kwargs=given)
    plain = SentenceTransformer(folders["texts"], backend="reference")
    wanted = plain.preprocess(["a sea"])["input_ids"][:, 1:-1]
    np.testing.assert_array_equal(model.preprocess(["a "])["input_ids"], wanted)


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("texts", {"image": {"do_resize": False}}, "processing_kwargs of image: this model takes text"),
        ("texts", {"image": {}}, "processing_kwargs of image: this model takes text"),
        ("texts", BEGUN, "sends no text through a template"),
        ("clip", {"video": {"fps": 1}}, "processing_kwargs of video: this model takes text, image"),
        ("clip", BEGUN, "sends no text through a template"),
        ("messages", {"audio": {"padding": True}}, "processing_kwargs of audio"),
        ("vit", {"text": {"max_length": 5}}, "processing_kwargs of text: this model takes image"),
        ("whisper", {"text": {"max_length": 5}}, "processing_kwargs of text: this model takes audio"),
        ("messages", {"picture": {}}, "options of common, text, image"),
        ("messages", {"image": 5}, "processing_kwargs of image are 5"),
        ("messages", {"image": {"do_resize": object()}}, "hold <object"),
        ("messages", {"chat_template": {"tools": [len]}}, "chat_template hold"),
        ("messages", {"image": {"max_pixel": 512}}, "sets max_pixel=512"),
        ("messages", {"image": {"do_resise": False}}, "sets do_resise=False"),
        ("messages", {"image": {"max_pixels": "512"}}, "must be a whole number"),
        ("messages", {"image": {"image_processor_type": "CLIPImageProcessor"}}, "image_processor_type"),
        ("messages", {"image": {"patch_size": 16}}, "patches of 16 pixels"),
        ("messages", {"video": {"patch_size": 16}}, "patches of 16 pixels"),
        ("messages", {"video": {"keyframes": 4}}, "sets keyframes=4"),
        ("messages", {"video": {"fps": 1, "num_frames": 4}}, "both fps and num_frames"),
        ("spread", {"video": {"max_frames": 4}}, "sets max_frames=4"),
        ("spread", {"video": {"max_pixels": 512}}, "sets max_pixels=512"),
        ("messages", {"chat_template": {"padding": True}}, "gives the chat template padding"),
        ("messages", {"common": {"device": "cpu"}}, "device"),
        ("clip", {"image": {"crop_size": 48}}, "other arrays than it was loaded for"),
        ("clip", {"image": {"patch_size": 8}}, "sets patch_size=8"),
        ("clip", {"image": {"do_center_crop": False}}, "leaves images of different sizes"),
        ("siglip2", {"image": {"size": {"height": 32, "width": 32}}}, "sets size="),
        ("siglip2", {"image": {"patch_size": 8}}, "other arrays than it was loaded for"),
        ("vit", {"image": {"size": {"height": 64, "width": 64}}}, "other arrays than it was loaded"),
        ("clap", {"audio": {"padding": "longest"}}, "padding='longest'"),
        ("clap", {"audio": {"truncation": "fusion"}}, "truncation='fusion'"),
        ("clap", {"common": {"padding": True}}, "common"),
        ("whisper", {"audio": {"padding": True}}, "padding=True"),
        ("whisper", {"common": {"padding": True}}, "padding=True"),
        ("whisper", {"audio": {"max_length": 1000}}, "max_length=1000"),
    ],
)  # fmt: skip
def test_what_a_call_cannot_say_is_refused_whatever_it_holds(load, name, said, why):
    model = load(name)
    for inputs in ([], (model._loaded.pipeline.inputs.modality == "text" and "a sea") or []):
        with pytest.raises(InputError, match=why):
            model.encode(inputs, processing_kwargs=said)


def test_a_form_that_the_model_was_not_loaded_for_is_refused_by_every_backend(folders, backend):
    model = SentenceTransformer(folders["vit"], backend=backend, device="cpu")
    said = {"image": {"size": {"height": 64, "width": 64}}}
    with pytest.raises(InputError, match="other arrays than it was loaded for"):
        model.encode([IMAGE], processing_kwargs=said)
    assert model.encode([IMAGE], processing_kwargs={"image": {"resample": 2}}).shape[0] == 1


def test_so_many_frames_are_taken_of_a_class_with_a_rate_of_its_own(load):
    model = load("spread")
    few = model.preprocess([FILM], processing_kwargs={"video": {"num_frames": 4}})
    more = model.preprocess([FILM], processing_kwargs={"video": {"num_frames": 8}})
    assert [len(each["cell_mask"]) for each in (few, more)] == [2, 4]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("clip", {"image": {"return_tensors": "np", "do_resize": None}}),
        ("clip", {"common": {"return_tensors": "pt"}}),
        ("clip", {"text": {"padding": True, "truncation": True}, "image": {}}),
        ("messages", {"image": {"do_resize": True}, "video": {}, "chat_template": {}}),
        ("whisper", {"audio": {"padding": "max_length", "return_attention_mask": True}}),
        ("clap", {"audio": {}}),
        ("clap", {"audio": {"truncation": "rand_trunc", "sampling_rate": 8000, "top_db": None}}),
    ],
)
def test_what_changes_nothing_takes_the_same_way(load, name, said):
    model = load(name)
    model.encode([], processing_kwargs=said)
    for each in model._loaded.routing:
        assert set(each._asked.values()) <= {None}


def test_numbers_of_other_libraries_are_numbers(load):
    from PIL import Image

    model = load("messages")
    said = {"image": {"max_pixels": np.int64(512), "resample": Image.Resampling.BILINEAR}}
    said["image"]["do_normalize"] = np.bool_(False)
    plain = {"image": {"max_pixels": 512, "resample": 2, "do_normalize": False}}
    near(
        model.encode([IMAGE], processing_kwargs=said),
        model.encode([IMAGE], processing_kwargs=plain),
    )


def test_ways_to_read_share_sessions_and_tokenizers_and_few_are_kept(load, monkeypatch):
    monkeypatch.setattr(pipelines, "KEPT", 2)
    for name, inputs in (("messages", [IMAGE]), ("templates", ["a sea"])):
        model = load(name)
        wanted = model.encode(inputs)
        main = model._loaded.routing.way(None)[0]
        main = main.of("message") if name == "messages" else main
        for word in ("a", "b", "c", "c"):
            said = {"chat_template": {"word": word}}
            model.encode(inputs, processing_kwargs=said)
            sibling = main.asked(json.dumps(said))
            assert sibling is main.asked(json.dumps(said))
            assert sibling.asked("{}") is sibling
            assert sibling._runners is main._runners
            assert sibling.preparer.native is main.preparer.native
        assert len(main._asked) == 2
        assert main.sessions == 1
        near(model.encode(inputs), wanted)


def test_a_call_is_followed_in_other_processes_and_in_common_forwards(load):
    model = load("messages")
    said = {**SMALL, **BEGUN}
    wanted = model.encode(GIVEN, processing_kwargs=said)
    assert np.abs(wanted - model.encode(GIVEN)).max() > 1e-3
    with model.start_multi_process_pool(["cpu"]) as pool:
        near(model.encode(GIVEN, pool=pool, chunk_size=2, processing_kwargs=said), wanted)
        near(model.encode(GIVEN, pool=pool), model.encode(GIVEN))
    with DynamicBatcher() as batcher:
        near(model.encode(GIVEN, pool=batcher, processing_kwargs=said), wanted)

        async def both():
            return await asyncio.gather(
                model.aencode(GIVEN, pool=batcher, processing_kwargs=said),
                model.aencode(GIVEN, pool=batcher),
            )

        found, plain = asyncio.run(both())
    near(found, wanted)
    near(plain, model.encode(GIVEN))
    near(np.stack(list(model.encode_iter(GIVEN, window_size=2, processing_kwargs=said))), wanted)
    job = Job(processing=json.dumps(said))
    assert pickle.loads(pickle.dumps(job)) == job


def test_an_input_that_becomes_too_long_is_told(load):
    model = load("messages")
    large = picture(90, 90, 2)
    model.max_seq_length = 20
    few = model.encode([large], on_long="error", processing_kwargs={"image": {"max_pixels": 256}})
    assert np.isfinite(few).all()
    with pytest.raises(InputError, match="tokens"):
        model.encode([large], on_long="error", processing_kwargs={"image": {"max_pixels": 6144}})


def test_scores_and_pages_follow_a_call(folders, tmp_path):
    reranker = message_models.build("pairs-listed", tmp_path / "reranker")
    model = CrossEncoder(reranker, backend="reference")
    pair = [("a sea", "the ocean")]
    folder = saying(reranker, tmp_path / "said", BEGUN)
    wanted = CrossEncoder(folder, backend="reference").predict(pair)
    np.testing.assert_allclose(model.predict(pair, processing_kwargs=BEGUN), wanted, rtol=1e-5)
    pages = MultiVectorEncoder(
        mingled_models.build("colqwen2", tmp_path / "pages"), backend="reference"
    )
    few = pages.encode_document([picture(90, 90, 2)], processing_kwargs=SMALL)[0]
    assert len(few) < len(pages.encode_document([picture(90, 90, 2)])[0])
    query = pages.encode_query(["a cat"], processing_kwargs=SMALL)[0]
    np.testing.assert_allclose(query, pages.encode_query(["a cat"])[0], rtol=1e-5)


def test_a_module_without_settings_refuses_what_it_would_pass_over(load):
    with pytest.raises(InputError, match="takes text"):
        SentenceTransformer(PARITY / "models" / "static", backend="reference").encode(
            "a sea", processing_kwargs=SMALL
        )


def test_a_kind_that_reads_no_such_settings_refuses_them(tmp_path):
    module = Module("own", "0", inputs=("pixel_values",), outputs=("sentence_embedding",))
    graph = Graph(module.inputs, (module,), module.outputs)
    model = Model.of(graph, tmp_path, inputs=Images())
    with pytest.raises(InputError, match="a module of the kind 'own' reads none"):
        asked_inputs(model, json.dumps(SMALL))


def test_what_a_reader_made_of_the_files_stays():
    stored = Text(max_length=8, truncation_side="right")
    present = Text(max_length=4, truncation_side="right", markers=("[Q] ",))
    read = Text(max_length=6, truncation_side="left")
    assert patched(present, stored, stored) is present
    assert patched(present, stored, read) == Text(
        max_length=4, truncation_side="left", markers=("[Q] ",)
    )


def test_texts_that_a_mask_hides_the_padding_of_may_be_filled_up():
    for place in ("words/short", "models/static", "models/bert-mean"):
        model = SentenceTransformer(PARITY / place, backend="reference")
        padded = {"text": {"padding": "max_length"}}
        near(model.encode("a river", processing_kwargs=padded), model.encode("a river"))
