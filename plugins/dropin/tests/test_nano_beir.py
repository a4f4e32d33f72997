"""Evaluators of NanoBEIR, upon collections that stand in for those of the Hub."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from isomorph import evaluation
from isomorph.errors import InputError

from .conftest import MINILM

WORDS = "river mill stone cat dog engine music rain violin market train apple".split()
NAMES = ["msmarco", "nq"]


class Rows(list):
    @property
    def column_names(self):
        return sorted(self[0])


@pytest.fixture
def tables(monkeypatch):
    """Tables by subset and split, which the package datasets seems to read."""
    random = np.random.default_rng(0)
    found = {}

    def texts(prefix, count, words):
        return Rows(
            {"_id": f"{prefix}{i}", "text": " ".join(random.choice(WORDS, words))}
            for i in range(count)
        )

    for split in ("NanoMSMARCO", "NanoNQ"):
        found["corpus", split], found["queries", split] = texts("d", 20, 8), texts("q", 4, 4)
        found["qrels", split] = Rows(
            {"query-id": f"q{i}", "corpus-id": f"d{j}"} for i in range(4) for j in (i, i + 9)
        )
        found["bm25", split] = Rows(
            {"query-id": f"q{i}", "corpus-ids": [f"d{j}" for j in random.permutation(20)[:9]]}
            for i in range(4)
        )

    def load_dataset(name, subset, split):
        if name != "here":
            raise ConnectionError("no network")
        return found[subset, split]

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return found


def texts_of(rows):
    return {row["_id"]: row["text"] for row in rows}


def test_the_metrics_are_the_means_of_those_of_each_collection(tree, tables, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.evaluation import NanoBEIREvaluator

    model = SentenceTransformer(str(MINILM))
    every = NanoBEIREvaluator(NAMES, dataset_id="here", query_prompts={"msmarco": "q: ", "nq": ""})
    found = every(model, str(tmp_path))
    single = []
    for split, prompt in (("NanoMSMARCO", "q: "), ("NanoNQ", "")):
        own = evaluation.InformationRetrievalEvaluator(
            texts_of(tables["queries", split]),
            texts_of(tables["corpus", split]),
            {f"q{i}": {f"d{i}", f"d{i + 9}"} for i in range(4)},
            name=split,
            query_prompt=prompt,
        )(model)
        assert {key: found[key] for key in own} == own
        single.append(own[f"{split}_cosine_ndcg@10"])
    assert every.primary_metric == "NanoBEIR_mean_cosine_ndcg@10"
    assert found[every.primary_metric] == pytest.approx(np.mean(single))
    written = (tmp_path / "NanoBEIR_evaluation_mean_results.csv").read_bytes()
    assert b"\r" not in written
    lines = written.decode().split()
    cells = dict(zip(*(line.split(",") for line in lines), strict=True))
    assert float(cells["cosine-NDCG@10"]) == pytest.approx(found[every.primary_metric])
    cut = NanoBEIREvaluator(["NQ"], dataset_id="here", truncate_dim=8)
    assert "NanoNQ_8_cosine_map@100" in cut(model)
    assert cut.name == "NanoBEIR_mean_8"


def test_sparse_vectors_are_counted_over_all_collections(tree, tables, folders):
    from sentence_transformers import SparseEncoder
    from sentence_transformers.sparse_encoder.evaluation import SparseNanoBEIREvaluator

    model = SparseEncoder(str(folders / "splade"))
    every = SparseNanoBEIREvaluator(NAMES, dataset_id="here", max_active_dims=16)
    found = every(model)
    assert found["NanoBEIR_mean_16_query_active_dims"] == 16
    queries, corpus = (
        np.concatenate(
            [
                model.encode(list(texts_of(tables[subset, split]).values()), max_active_dims=16)
                .to_dense()
                .numpy()
                for split in ("NanoMSMARCO", "NanoNQ")
            ]
        )
        for subset in ("queries", "corpus")
    )
    pairs = (queries != 0).mean(axis=0) @ (corpus != 0).mean(axis=0)
    assert found["NanoBEIR_mean_16_avg_flops"] == pytest.approx(pairs, rel=1e-5)
    assert every.get_config_dict()["max_active_dims"] == 16


def test_a_reranker_gets_the_first_search(tree, tables, folders):
    from sentence_transformers import CrossEncoder
    from sentence_transformers.cross_encoder.evaluation import CrossEncoderNanoBEIREvaluator

    every = CrossEncoderNanoBEIREvaluator(NAMES, dataset_id="here", rerank_k=5)
    found = every(CrossEncoder(str(folders / "reranker")))
    own = [found[f"{split}_R5_ndcg@10"] for split in ("NanoMSMARCO", "NanoNQ")]
    assert found["NanoBEIR_R5_mean_ndcg@10"] == pytest.approx(np.mean(own))
    assert every.primary_metric == "NanoBEIR_R5_mean_ndcg@10"


def test_what_cannot_be_read_is_one_error(tree, tables):
    from sentence_transformers.evaluation import NanoBEIREvaluator

    with pytest.raises(InputError, match=r"Without a network, name a folder of this form"):
        NanoBEIREvaluator(["nq"])
    with pytest.raises(InputError, match=r"\['nope'\] are not valid NanoBEIR datasets"):
        NanoBEIREvaluator(["nope"], dataset_id="here")
    with pytest.raises(InputError, match="cannot be empty"):
        NanoBEIREvaluator([], dataset_id="here")
    with pytest.raises(InputError, match=r"missing query prompts: \['msmarco'\]"):
        NanoBEIREvaluator(NAMES, dataset_id="here", query_prompts={"nq": ""})
    tables["qrels", "NanoNQ"] = Rows([{"query-id": "q0"}])
    with pytest.raises(InputError, match="lacks corpus-id"):
        NanoBEIREvaluator(["nq"], dataset_id="here")
