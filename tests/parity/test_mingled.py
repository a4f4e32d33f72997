"""Texts with images among them, against the vectors that sentence-transformers gives each input alone."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.parity.mingled_models import TEXTS, VARIANTS, build, inputs, pairs, pictures

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer
from isomorph.errors import BadModel, InputError, PoolingGuessed

pytestmark = pytest.mark.usefixtures("one_session")
HERE = Path(__file__).parent
FACTS = json.loads((HERE / "mingled.json").read_text("utf-8"))
VECTORS = np.load(HERE / "mingled.npz")
ASKED = ["text", "image", "audio", "video", "message", ("image", "text"), ("audio", "text")]


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def folder(name, tmp_path_factory):
    return build(name, tmp_path_factory.mktemp("mingled"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """One of them, for what does not depend on the family."""
    folder = build("qwen2_vl", tmp_path_factory.mktemp("plain"))
    return SentenceTransformer(folder, backend="reference")


def near(found, wanted):
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_vectors_are_those_of_the_reference(name, folder, backend):
    model = SentenceTransformer(folder, backend=backend, device="cpu")
    forms, wanted = list(inputs(pictures()).values()), VECTORS[name]
    assert all(row.runs == backend for row in model.explain().rows)
    near(model.encode(forms), wanted)  # all forms in one call
    near(model.encode(forms[::-1], batch_size=3), wanted[::-1])
    for place in (3, 5, 7):
        near(model.encode([forms[place]])[0], wanted[place])
    near(model.encode(forms[7]), wanted[7])  # a conversation is one input
    prompted = model.encode([forms[3], TEXTS[0]], prompt="Find it.")
    near(prompted, VECTORS[f"{name}.prompted"])


def test_ids_and_pixels_are_those_of_the_reference_to_the_bit(name, folder):
    model, said = SentenceTransformer(folder, backend="reference"), FACTS[name]
    for form, each in inputs(pictures()).items():
        fed = model.preprocess([each])
        assert fed["input_ids"][0].tolist() == said["ids"][form], form
        if form in said["sha256"]:
            there = fed["cell_mask"].astype(bool)
            pixels = fed["pixel_values"][there].tobytes()
            assert hashlib.sha256(pixels).hexdigest() == said["sha256"][form], form


def test_a_model_says_of_itself_what_the_reference_says(name, folder):
    model, said = SentenceTransformer(folder, backend="reference"), FACTS[name]
    assert model.modalities == said["modalities"]
    assert model.max_seq_length == said["max_seq_length"]
    assert [model.supports(each) for each in ASKED] == said["supports"]
    assert model.supports(("image", "text"))
    assert not model.supports(("audio", "text"))


def test_a_saved_model_gives_the_same_vectors(name, folder, tmp_path):
    model = SentenceTransformer(folder, backend="reference")
    model.save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    forms = list(inputs(pictures()).values())
    np.testing.assert_array_equal(again.encode(forms), model.encode(forms))


@pytest.mark.parametrize("name", ["qwen2_vl", "qwen3_vl"])
def test_nothing_at_the_top_counts_beside_the_options_of_texts(name, tmp_path, backend):
    """Not even what they do not say: it has its default, as transformers has it, which torch runs."""
    folder = build(name, tmp_path)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    for option in ("rms_norm_eps", "hidden_act"):
        config["text_config"].pop(option, None)
    given = list(inputs(pictures()).values())[:4]
    found = []
    for more in ({}, {"rms_norm_eps": 0.05, "hidden_act": "gelu", "num_attention_heads": 2}):
        (folder / "config.json").write_text(json.dumps({**more, **config}), "utf-8")
        found.append(SentenceTransformer(folder, backend=backend, device="cpu").encode(given))
    near(*found)


def test_texts_alone_load_no_tower(plain):
    texts = plain._loaded.routing.main
    named = set(texts.runner("sentence_embedding").fed)
    assert named == {"input_ids", "attention_mask"}


def test_forms_that_say_the_same_have_one_vector(plain, tmp_path):
    from PIL import Image

    image = pictures()[1]
    path = tmp_path / "picture.png"
    Image.fromarray(image).save(path)
    wanted = plain.encode([{"text": "this", "image": image}])
    part = {"type": "text", "text": "this"}
    for held in (
        {"type": "image", "image": str(path)},
        {"type": "image", "path": path},
        {"type": "image_url", "image_url": {"url": str(path), "detail": "auto"}},
        {"type": "image_url", "image_url": str(path)},
        {"type": "image", "image": path.read_bytes()},
    ):
        found = plain.encode([{"role": "user", "content": [part, held]}])
        np.testing.assert_array_equal(found, wanted[0])
    assert plain.is_singular_input({"text": "this", "image": image})
    assert plain.is_singular_input([{"role": "user", "content": [part]}])
    assert not plain.is_singular_input(["this", image])
    np.testing.assert_array_equal(plain.encode({"text": "this"}), plain.encode("this"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"text": "a", "audio": np.zeros(9)}, "'audio'"),
        ({"text": "a", "video": []}, "holds nothing"),
        ({"image": "nowhere.png"}, "no such file"),
        ({"text": 3, "image": np.zeros((9, 9, 3), np.uint8)}, "int"),
        ({"role": "user", "content": [{"type": "image"}]}, "a part of type 'image'"),
        ({"role": "user", "content": [{"type": "image", "image": "x.png", "max_pixels": 9}]}, "max_pixels"),
        ({"text": "a<|image_pad|>b", "image": np.zeros((9, 9, 3), np.uint8)}, "2 places"),
        ({"image": np.zeros((2000, 9, 3), np.uint8)}, "so narrow"),
        (("a", "b", np.zeros((9, 9, 3), np.uint8)), "tuple"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_index_and_the_model_goes_on(plain, given, why):
    with pytest.raises(InputError, match=r"Input 1\b.*" + why):
        plain.encode(["this", given])
    assert np.isfinite(plain.encode(["this"])).all()


def test_a_text_that_would_be_cut_within_an_image_is_refused(plain):
    image = pictures()[1]
    whole = len(plain.preprocess([{"text": "some words", "image": image}])["input_ids"][0])
    before = plain.max_seq_length
    try:
        plain.max_seq_length = whole - 8
        with pytest.raises(InputError, match=r"Input 1 .*raise max_seq_length"):
            plain.encode(["this", {"text": "some words", "image": image}])
        _, report = plain.encode(
            [{"image": image, "text": "some words"}], on_long="report", return_report=True
        )
        assert report.truncated == (0,)
    finally:
        plain.max_seq_length = before


def test_the_users_word_on_pixels_counts(plain):
    few = SentenceTransformer(
        plain._loaded.whole.folder, backend="reference", processor_kwargs={"max_pixels": 1024}
    )
    image = pictures()[1]
    assert few.preprocess([image])["cell_mask"].sum() < plain.preprocess([image])["cell_mask"].sum()


def test_pages_and_queries_are_those_of_the_reference(backend, tmp_path):
    model = MultiVectorEncoder(build("colqwen2", tmp_path), backend=backend, device="cpu")
    assert all(row.runs == backend for row in model.explain().rows)
    assert model.modalities == ["text", "image"]
    pages, queries = model.encode_document(pictures()), model.encode_query(TEXTS)
    for kind, found in (("page", pages), ("query", queries)):
        for place, each in enumerate(found):
            near(each, VECTORS[f"{kind}.{place}"])
    near(model.encode_document(pictures()[1]), VECTORS["page.1"])


def test_pairs_of_a_query_and_an_image_have_the_references_scores(backend, tmp_path):
    model = CrossEncoder(build("reranker", tmp_path), backend=backend, device="cpu")
    assert all(row.runs == backend for row in model.explain().rows)
    given, wanted = pairs(pictures()), VECTORS["reranker"]
    near(model.predict(given), wanted)
    near(np.asarray([model.predict(given[1])]), wanted[1:2])
    ranked = model.rank(given[0][0], [given[2][1], given[0][1]])
    assert [each["corpus_id"] for each in ranked] == [1, 0]


def test_a_processor_of_other_patches_than_the_towers_is_refused(tmp_path):
    folder = build("qwen2_vl", tmp_path)
    file = folder / "processor_config.json"
    content = json.loads(file.read_text("utf-8"))
    content["image_processor"]["patch_size"] = 16
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(BadModel, match="patches of 16 pixels"):
        SentenceTransformer(folder, backend="reference")


def without_lists(folder, around):
    """The folder as transformers' own `save_pretrained` leaves one; `around` lies around the model."""
    shutil.rmtree(folder / around)
    for file in ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"):
        (folder / file).unlink(missing_ok=True)
    return folder


@pytest.mark.parametrize("name", ["qwen2_vl", "qwen3_vl"])
def test_a_folder_that_lists_no_modules_is_pooled_by_the_mean_and_takes_all_it_sees(name, tmp_path):
    listed = build(name, tmp_path / "listed")
    own = listed / "1_Pooling" / "config.json"
    own.write_text(json.dumps({**json.loads(own.read_text("utf-8")), "pooling_mode": "mean"}))
    wanted = SentenceTransformer(listed, backend="reference")
    plain = without_lists(build(name, tmp_path / "plain"), "1_Pooling")
    with pytest.warns(PoolingGuessed, match="'mean'"):
        model = SentenceTransformer(plain, backend="reference")
    assert model.modalities == ["text", "image", "video", "message"]
    given = [*inputs(pictures()).values(), np.stack([pictures()[0]] * 4)]
    near(model.encode(given), wanted.encode(given))
    last = SentenceTransformer(plain, backend="reference", pooling="lasttoken")
    near(last.encode(given[:-1]), VECTORS[name])
    model.save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    assert again.modalities == model.modalities
    near(again.encode(given), wanted.encode(given))


def test_a_folder_of_pages_that_lists_no_modules_compares_them(tmp_path):
    plain = without_lists(build("colqwen2", tmp_path), "1_MultiVectorMask")
    model = MultiVectorEncoder(plain, backend="reference")
    assert model.modalities == ["text", "image"]
    for place, found in enumerate(model.encode_document(pictures())):
        near(found, VECTORS[f"page.{place}"])
    for place, found in enumerate(model.encode_query(TEXTS)):
        near(found, VECTORS[f"query.{place}"])
