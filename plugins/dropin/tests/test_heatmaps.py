from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from isomorph.errors import InputError

from .conftest import MINILM

PATCHES = 3, 2
"""Columns and rows."""
QUERY = torch.eye(2)
IMAGE = torch.tensor([[0.0, 0], [1, 0], [2, 0], [0, 3], [0, 4], [0, 5]])


@pytest.fixture(scope="module")
def heatmaps(whole_tree):
    return import_module("sentence_transformers.multi_vector_encoder.interpretability")


@pytest.fixture
def image():
    return pytest.importorskip("PIL.Image").new("RGB", (6, 4), "black")


def test_a_map_has_the_rows_and_columns_of_the_patches(heatmaps):
    found = heatmaps.maxsim_similarity_map(QUERY, IMAGE, PATCHES)
    assert found.tolist() == [[[0, 1, 2], [0, 0, 0]], [[0, 0, 0], [3, 4, 5]]]
    among = torch.cat([torch.full((4, 2), 9.0), IMAGE])
    mask = torch.arange(10) >= 4
    assert torch.equal(heatmaps.maxsim_similarity_map(QUERY, among, PATCHES, mask), found)
    scaled = heatmaps.maxsim_similarity_map(QUERY, IMAGE, PATCHES, normalize=True)
    assert scaled.amax((1, 2)).tolist() == [1, 1]
    with pytest.raises(InputError, match=r"n_patches=\(4, 2\) are 8"):
        heatmaps.maxsim_similarity_map(QUERY, IMAGE, (4, 2))


def test_a_picture_is_light_where_a_query_matches(heatmaps, image):
    drawn = heatmaps.maxsim_heatmap(image, QUERY, IMAGE, PATCHES, alpha=1.0)
    pixels = np.asarray(drawn)
    assert (drawn.mode, drawn.size) == ("RGBA", image.size)
    assert pixels[-1, -1, :3].tolist() == [222, 245, 229]
    assert pixels[0, 0, :3].tolist() == [11, 4, 5]
    each = heatmaps.maxsim_heatmap(image, QUERY, IMAGE, PATCHES, aggregate="none", alpha=1.0)
    assert len(each) == 2
    assert np.asarray(each[0]).max(axis=(0, 1))[1] < pixels.max(axis=(0, 1))[1]
    with pytest.raises(InputError, match="aggregate"):
        heatmaps.maxsim_heatmap(image, QUERY, IMAGE, PATCHES, aggregate="best")
    with pytest.raises(InputError, match="2D"):
        heatmaps.render_similarity_map_on_image(image, torch.zeros(1, 2, 3))


def test_a_processor_says_how_an_image_is_cut(heatmaps):
    def model(**processor):
        return SimpleNamespace(processor=SimpleNamespace(**processor))

    assert heatmaps.get_n_patches(model(image_seq_length=256), (640, 480)) == (16, 16)
    with pytest.raises(InputError, match="square image_seq_length"):
        heatmaps.get_n_patches(model(image_seq_length=250), (640, 480))
    tiles = SimpleNamespace(do_image_splitting=True)
    with pytest.raises(NotImplementedError, match="global patch"):
        heatmaps.get_n_patches(model(image_processor=tiles), (640, 480))


def test_a_query_is_told_from_its_prompt(heatmaps):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(MINILM), prompts={"query": "find this: "})
    words = "the capital of France"
    rows = heatmaps.real_query_token_slice(model, words)
    ids = model.preprocess([words], prompt="find this: ")["input_ids"][0]
    assert model.tokenizer.decode(ids[rows]) == words.lower()
    with pytest.raises(InputError, match="Transformer"):
        heatmaps.real_query_token_slice([], words)
