"""Pages and queries against the vectors that sentence-transformers gives each of them alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.parity.page_models import QUERIES, VARIANTS, build
from tests.parity.test_towers import ASKED
from tests.parity.tower_models import pictures

from isomorph import MultiVectorEncoder
from isomorph.errors import BadModel

pytestmark = pytest.mark.usefixtures("one_session")
HERE = Path(__file__).parent
FACTS = json.loads((HERE / "pages.json").read_text("utf-8"))
VECTORS = np.load(HERE / "pages.npz")


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def folder(name, tmp_path_factory):
    return build(name, tmp_path_factory.mktemp("pages"))


def near(found, kind):
    for place, each in enumerate(found):
        wanted = VECTORS[f"{kind}.{place}"]
        assert each.shape == wanted.shape
        assert np.abs(each - wanted).max() < 1e-5


def test_vectors_are_those_of_the_reference(name, folder, backend):
    model = MultiVectorEncoder(folder, backend=backend, device="cpu")
    pages = pictures()
    near(model.encode_document(pages), f"{name}.page")
    near([model.encode_document(pages[0])], f"{name}.page")
    near(model.encode_query(QUERIES), f"{name}.query")
    assert all(row.runs == backend for row in model.explain().rows)


@pytest.mark.parametrize("option", ["document_length", "max_seq_length"])
def test_a_page_is_never_cut(option, tmp_path):
    folder = build("colpali", tmp_path)
    file = folder / "sentence_bert_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), option: 6}), "utf-8")
    model = MultiVectorEncoder(folder, backend="reference")
    near(model.encode_document(pictures()), "colpali.page")


def test_a_long_query_of_colpali_is_whole(tmp_path):
    model = MultiVectorEncoder(build("colpali", tmp_path), backend="reference")
    long = "river " * 6
    ids = model.preprocess([long])["input_ids"]
    assert 50 < ids.shape[1] < model.max_seq_length
    ends = model.preprocess(QUERIES[:1])["input_ids"][0, -11:]
    assert ids[0, -11:].tolist() == ends.tolist()
    assert len(model.encode_query(long)) == ids.shape[1]


def test_files_of_later_releases_leave_a_part_of_names_out(tmp_path, backend):
    folder = build("colpali", tmp_path)
    file = folder / "model.safetensors"
    weights = {
        n.replace("vision_tower.vision_model.", "vision_tower."): w
        for n, w in load_file(file).items()
    }
    assert not any("vision_model." in name for name in weights)
    save_file(weights, file, {"format": "pt"})
    model = MultiVectorEncoder(folder, backend=backend, device="cpu")
    near(model.encode_document(pictures()), "colpali.page")
    near(model.encode_query(QUERIES), "colpali.query")


def test_a_model_says_of_itself_and_is_fed_what_the_reference_is(name, folder):
    model, said = MultiVectorEncoder(folder, backend="reference"), FACTS[name]
    assert model.modalities == said["modalities"]
    assert [model.supports(each) for each in ASKED] == said["supports"]
    assert model.max_seq_length == said["max_seq_length"]
    assert model.get_embedding_dimension() == said["dimension"]
    fed = [model.preprocess([each]) for each in pictures()]
    assert [each["input_ids"][0].tolist() for each in fed] == said["pages"]
    for each, shape, sha256 in zip(fed, said["pixels"], said["sha256"], strict=True):
        pixels = each["pixel_values"].reshape(shape)
        assert hashlib.sha256(pixels.tobytes()).hexdigest() == sha256
    queries = [model.preprocess([each])["input_ids"][0].tolist() for each in QUERIES]
    assert queries == said["queries"]


def test_a_published_folder_and_a_saved_one_give_the_same(name, tmp_path):
    model = MultiVectorEncoder(build(name, tmp_path / "plain", plain=True), backend="reference")
    model.save_pretrained(tmp_path / "saved")
    again = MultiVectorEncoder(tmp_path / "saved", backend="reference")
    pages = pictures()[:2]
    near(model.encode_document(pages), f"{name}.page")
    near(again.encode_document(pages), f"{name}.page")
    scores = again.similarity(again.encode_query(QUERIES), model.encode_document(pages))
    assert scores.shape == (len(QUERIES), len(pages))


def test_a_tokenizer_of_another_model_is_refused(tmp_path):
    folder = build("colpali", tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config["vlm_config"]["image_token_index"] = 1
    (folder / "config.json").write_text(json.dumps(config))
    model = MultiVectorEncoder(folder, backend="reference")
    with pytest.raises(BadModel, match="belongs to another model"):
        model.encode_document(pictures()[:1])
