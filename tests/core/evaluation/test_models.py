"""Real models: `evaluate`, and what the package mteb asks of them, without that package."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.errors import InputError, Unsupported
from isomorph.evaluation import (
    CrossEncoderCorrelationEvaluator,
    InformationRetrievalEvaluator,
)
from isomorph.evaluation import mteb as adapter
from isomorph.evaluation.mteb import MtebCrossEncoder, MtebEncoder

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = {"a": "a stone in the river", "b": "trees", "c": "the river and the stones"}
TASK = SimpleNamespace(name="Rivers", type="Retrieval")


@pytest.fixture(scope="module")
def texts():
    prompts = {"query": "ask: ", "Rivers": "rivers: ", "Retrieval-document": "found: "}
    return SentenceTransformer(
        PARITY / "models" / "bert-mean", backend="reference", prompts=prompts
    )


@pytest.fixture(scope="module")
def pairs():
    return CrossEncoder(PARITY / "cross_encoders" / "models" / "bert-typed", backend="reference")


def test_evaluate(texts, pairs, tmp_path):
    found = texts.evaluate(
        InformationRetrievalEvaluator(TEXTS, TEXTS, {key: {key} for key in TEXTS}), tmp_path
    )
    assert found["cosine_accuracy@3"] == 1
    assert (tmp_path / "Information-Retrieval_evaluation_results.csv").is_file()
    both = [(TEXTS["a"], TEXTS[key]) for key in TEXTS]
    scores = pairs.predict(both)
    got = pairs.evaluate(CrossEncoderCorrelationEvaluator(both, scores.tolist()))
    assert got == pytest.approx({"pearson": 1, "spearman": 1})


BATCHES = [{"text": ["a stone"]}, {"text": ["trees", "rivers"]}]
FLAT = ["a stone", "trees", "rivers"]


@pytest.mark.parametrize(
    ("kind", "task", "prompt"),
    [
        ("query", SimpleNamespace(name="Other", type="STS"), "ask: "),
        ("query", TASK, "rivers: "),
        ("document", SimpleNamespace(name="Other", type="Retrieval"), "found: "),
        ("document", SimpleNamespace(name="Other", type="STS"), ""),
        (None, SimpleNamespace(name="Other", type="STS"), ""),
        (None, TASK, "rivers: "),
    ],
)
def test_tasks_choose_prompts(texts, kind, task, prompt):
    kind = kind and SimpleNamespace(value=kind)
    given = {"task_metadata": task, "hf_split": "test", "hf_subset": "en", "prompt_type": kind}
    got = texts.encode(BATCHES, **given, batch_size=2, show_progress_bar=False)
    np.testing.assert_allclose(got, texts.encode(FLAT, prompt=prompt), atol=1e-6)
    binary = texts.encode(BATCHES, **given, precision="binary")
    np.testing.assert_array_equal(binary, texts.encode(FLAT, prompt=prompt, precision="binary"))


def test_pairs_of_tasks(pairs):
    other = [{"text": ["river", "stone"]}, {"text": ["tree"]}]
    want = pairs.predict(list(zip(FLAT, ["river", "stone", "tree"], strict=True)))
    got = pairs.predict(
        inputs1=BATCHES, inputs2=other, task_metadata=TASK, hf_split="", hf_subset=""
    )
    np.testing.assert_allclose(got, want, atol=1e-6)
    with pytest.raises(InputError, match="as many texts on each side, not 3, 2"):
        MtebCrossEncoder(pairs).predict(BATCHES, other[:1])


def test_tasks_without_texts(texts):
    with pytest.raises(InputError, match="takes texts; the task has image"):
        texts.encode([{"image": [1]}], task_metadata=TASK)


def test_names():
    hub = Path("cache/models--some--model/snapshots/abc")
    assert adapter._identity(hub) == ("some/model", "abc")
    assert adapter._identity(Path("models/mine")) == ("local/mine", "no_revision_available")
    with pytest.raises(InputError, match="organization/model, not 'mine'"):
        MtebEncoder(None, name="mine")


def test_without_the_package(texts, pairs, monkeypatch):
    monkeypatch.setitem(sys.modules, "mteb", None)
    for model in (texts, pairs):
        with pytest.raises(Unsupported, match="pip install mteb"):
            _ = model.mteb_model_meta
