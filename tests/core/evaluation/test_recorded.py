"""Every evaluator gives the numbers, names, files and settings that sentence-transformers recorded."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from isomorph import evaluation
from isomorph.postprocess.scores import cos_sim, dot_score
from isomorph.postprocess.sparse import sparsity
from isomorph.postprocess.vectors import quantize_embeddings

from .cases import EVALUATORS, WITHOUT_MODEL, asked, model_for


@pytest.mark.parametrize("name", EVALUATORS)
def test_metrics_names_and_files(name, expected, tmp_path):
    model = model_for(
        name, quantize_embeddings, cos_sim, dot_score, sparse=csr_array, sparsity=sparsity
    )
    cls, arguments = asked(name, model)
    want = expected[name]
    evaluator = getattr(evaluation, cls)(**arguments)
    judged = () if name in WITHOUT_MODEL else (model,)
    got = evaluator(*judged, str(tmp_path), epoch=2, steps=30)
    assert list(got) == list(want["metrics"])
    assert got == pytest.approx(want["metrics"], rel=2e-6, abs=2e-6)
    assert evaluator.primary_metric == want["primary_metric"]
    assert evaluator.description == want["description"]
    assert _plain(evaluator.get_config_dict()) == want["config"]
    assert sorted(want["tables"]) == sorted(path.name for path in tmp_path.glob("*.csv"))
    for file, (headers, row) in want["tables"].items():
        with (tmp_path / file).open(newline="") as lines:
            mine = list(csv.reader(lines))
        assert mine[0] == headers
        np.testing.assert_allclose([float(x) for x in mine[1]], [float(x) for x in row], rtol=2e-6)


def test_rankings(expected, tmp_path, model):
    cls, arguments = EVALUATORS["retrieval-deep"]
    getattr(evaluation, cls)(**arguments)(model, str(tmp_path))
    ((file, want),) = expected["retrieval-deep"]["rankings"].items()
    lines = [json.loads(line) for line in (tmp_path / file).read_text("utf-8").splitlines()]
    assert [line["query_id"] for line in lines] == list(want)
    for line in lines:
        assert [hit["corpus_id"] for hit in line["results"]][:5] == want[line["query_id"]]


def _plain(config):
    """Margins of the functions that sentence-transformers' evaluator knows."""
    if "margin" in config:
        known = ("cosine", "dot", "manhattan", "euclidean")
        config["margin"] = {name: config["margin"][name] for name in known}
    return config
