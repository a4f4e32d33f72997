"""Records what sentence-transformers' evaluators and functions answer.

    python tests/core/evaluation/record.py

runs in the environment of `make record-parity`. Makes ``expected.json`` and ``expected.npz`` anew.
"""

from __future__ import annotations

import csv
import json
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cases import ALL, EVALUATORS, LEFT, RIGHT, WITHOUT_MODEL, asked, model_for, vectors
from sentence_transformers import SparseEncoder, util
from sentence_transformers.cross_encoder import evaluation as of_pairs
from sentence_transformers.sentence_transformer import evaluation as of_texts
from sentence_transformers.sparse_encoder import evaluation as of_weights
from sentence_transformers.util import SimilarityFunction, quantize_embeddings

HERE = Path(__file__).parent


def main() -> None:
    """Runs every case."""
    answers: dict[str, Any] = {
        "versions": {"sentence-transformers": metadata.version("sentence-transformers")}
    }
    for name in EVALUATORS:
        answers[name] = evaluated(name)
    answers |= found()
    lines = [
        f"{json.dumps(name)}: {json.dumps(answer, default=lambda x: x.item())}"
        for name, answer in answers.items()
    ]
    (HERE / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    np.savez_compressed(HERE / "expected.npz", **scores())


def evaluated(name: str) -> dict[str, Any]:
    """Metrics, the primary one, and the files of one evaluator."""
    model = model_for(
        name,
        quantize_embeddings,
        util.cos_sim,
        util.dot_score,
        torch.tensor,
        coo,
        SparseEncoder.sparsity,
    )
    cls, arguments = asked(name, model)
    home = next(home for home in (of_pairs, of_weights, of_texts) if hasattr(home, cls))
    evaluator = getattr(home, cls)(**arguments)
    with tempfile.TemporaryDirectory() as folder:
        judged = () if name in WITHOUT_MODEL else (model,)
        metrics = evaluator(*judged, folder, epoch=2, steps=30)
        tables, rankings = {}, {}
        for path in Path(folder).iterdir():
            if path.suffix == ".csv":
                with path.open(newline="") as file:
                    tables[path.name] = list(csv.reader(file))
            else:
                lines = [json.loads(line) for line in path.read_text().splitlines()]
                rankings[path.name] = {
                    line["query_id"]: [hit["corpus_id"] for hit in line["results"][:5]]
                    for line in lines
                }
    config = evaluator.get_config_dict()
    return {
        "metrics": metrics,
        "primary_metric": evaluator.primary_metric,
        "tables": tables,
        "rankings": rankings,
        "description": evaluator.description,
        "config": config,
    }


def coo(vectors: np.ndarray) -> Any:
    """The sparse form of that library."""
    return torch.tensor(vectors).to_sparse_coo()


def found() -> dict[str, Any]:
    """What the search functions find."""
    a, b = torch.tensor(vectors(LEFT)), torch.tensor(vectors(RIGHT))
    noise = torch.tensor(np.random.default_rng(3).normal(size=a.shape) / 50, dtype=torch.float32)
    crowd = torch.cat([a[:9], a[:9] + noise[:9], a[:9] + noise[9:18], a[:4] + noise[20:24]])
    return {
        "search": util.semantic_search(b + noise, a + noise, top_k=7),
        "search-dot": util.semantic_search(
            b + noise, a + noise, top_k=7, score_function=util.dot_score, corpus_chunk_size=50
        ),
        "pairs": util.paraphrase_mining_embeddings(a + noise, top_k=5, max_pairs=60),
        "communities": util.community_detection(crowd, threshold=0.9, min_community_size=3),
    }


def scores() -> dict[str, np.ndarray]:
    """Matrices and pairs of every similarity; late interaction with and without masks."""
    a, b = torch.tensor(vectors(LEFT[:9])), torch.tensor(vectors(RIGHT[:9]))
    kept = {
        f"{name}/{kind}": function(name)(a, b).numpy()
        for name in ALL
        for kind, function in (
            ("matrix", SimilarityFunction.to_similarity_fn),
            ("pairs", SimilarityFunction.to_similarity_pairwise_fn),
        )
    }
    kept["angle"] = util.pairwise_angle_sim(a, b).numpy()
    kept["active"] = util.select_max_active_dims(a + torch.linspace(0, 0.1, 16), 5).numpy()
    left = [a[:1], a[1:4], a[4:9], a[:0]]
    right = [b[:3], b[3:3], b[3:9]]
    grid, mask = a[:8].reshape(2, 4, 16), torch.tensor([[1, 1, 0, 0], [0, 1, 1, 1]])
    kept["maxsim"] = util.maxsim(left, right).numpy()
    kept["mean_maxsim"] = util.mean_maxsim(left, right).numpy()
    kept["maxsim/pairs"] = util.maxsim_pairwise(left[:3], right).numpy()
    kept["mean_maxsim/pairs"] = util.mean_maxsim_pairwise(left[:3], right).numpy()
    kept["maxsim/masked"] = util.maxsim(grid, grid.flip(0), mask, mask).numpy()
    padded = torch.cat([grid, torch.zeros(2, 2, 16)], dim=1)
    kept["maxsim/padded"] = util.mean_maxsim(padded, padded).numpy()
    return kept


if __name__ == "__main__":
    main()
