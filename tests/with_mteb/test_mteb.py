"""The real package mteb takes our models as they are; `make test-mteb` runs this.

Tasks and their data are the package's own mocks, so that nothing is downloaded.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("mteb", reason="run by make test-mteb, in an environment of its own")

import mteb
import sentence_transformers as peers
from mteb.mocks import mock_tasks
from mteb.models import CrossEncoderProtocol, EncoderProtocol, SearchProtocol

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.evaluation.mteb import MtebCrossEncoder, MtebEncoder

pytestmark = pytest.mark.filterwarnings("ignore")  # the package's and its libraries' own
PARITY = Path(__file__).parents[1] / "parity"
TEXTS, PAIRS = PARITY / "models" / "long-chain", PARITY / "cross_encoders" / "models" / "bert-typed"
TASKS = ("STS", "Retrieval", "Classification", "PairClassification", "Reranking", "BitextMining")


@pytest.fixture(scope="module")
def texts():
    return SentenceTransformer(TEXTS, backend="reference")


@pytest.fixture(scope="module")
def pairs():
    return CrossEncoder(PAIRS, backend="reference")


def main_score(model, task):
    result = mteb.evaluate(model, [task], cache=None, co2_tracker=False, show_progress_bar=False)
    (found,) = result.task_results
    return next(iter(found.scores.values()))[0]["main_score"]


def test_protocols(texts, pairs):
    assert isinstance(texts, EncoderProtocol)
    assert isinstance(MtebEncoder(texts), EncoderProtocol)
    assert not isinstance(texts, CrossEncoderProtocol | SearchProtocol)
    assert isinstance(pairs, CrossEncoderProtocol)
    assert isinstance(MtebCrossEncoder(pairs), CrossEncoderProtocol)
    assert not isinstance(pairs, EncoderProtocol | SearchProtocol)


def test_metadata(texts, pairs):
    meta = MtebEncoder(texts, "main", name="our/model").mteb_model_meta
    assert (meta.name, meta.revision) == ("our/model", "main")
    assert (meta.embed_dim, meta.max_tokens) == (
        texts.get_embedding_dimension(),
        texts.max_seq_length,
    )
    assert meta.similarity_fn_name.value == "cosine"
    assert texts.mteb_model_meta.name == "local/long-chain"
    assert pairs.mteb_model_meta.is_cross_encoder


@pytest.mark.parametrize("name", TASKS)
def test_tasks_of_texts(name, texts):
    """The same score as with the library that mteb knows, on the same folder."""
    task = getattr(mock_tasks, f"Mock{name}Task")
    peer = peers.SentenceTransformer(str(TEXTS), device="cpu", local_files_only=True)
    want = pytest.approx(main_score(peer, task()), abs=1e-6)
    assert main_score(texts, task()) == want
    assert main_score(MtebEncoder(texts, name="our/model"), task()) == want


def test_reranking_of_pairs(pairs):
    peer = peers.CrossEncoder(str(PAIRS), device="cpu", local_files_only=True)
    want = main_score(peer, mock_tasks.MockRerankingTask())
    assert main_score(pairs, mock_tasks.MockRerankingTask()) == pytest.approx(want, abs=1e-6)
