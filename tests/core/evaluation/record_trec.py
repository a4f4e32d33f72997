"""Records what trec_eval says about rankings with random scores.

    python tests/core/evaluation/record_trec.py

runs in the environment of `make test-mteb`, which holds pytrec_eval. Makes ``expected_trec.json`` anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytrec_eval

HERE = Path(__file__).parent
MEASURES = {"ndcg_cut_3,10", "map_cut_5,100", "P_1,10", "recall_3,10", "recip_rank", "success_1,5"}


def main() -> None:
    """Sixty documents, twelve queries; some relevant documents are never retrieved."""
    random = np.random.default_rng(11)
    documents, queries = [f"d{i:02}" for i in range(60)], [f"q{i:02}" for i in range(12)]
    scores = {query: np.round(random.random(60), 6).tolist() for query in queries}
    judged = {
        query: sorted(
            {*random.choice(documents, i + 1).tolist(), *(["gone"] if i % 3 == 0 else [])}
        )
        for i, query in enumerate(queries)
    }
    run = {q: dict(zip(documents, scores[q], strict=True)) for q in queries}
    qrels = {query: dict.fromkeys(relevant, 1) for query, relevant in judged.items()}
    each: dict[str, Any] = pytrec_eval.RelevanceEvaluator(qrels, MEASURES).evaluate(run)
    means = {
        measure: float(np.mean([found[measure] for found in each.values()]))
        for measure in next(iter(each.values()))
    }
    content = {"documents": documents, "scores": scores, "relevant": judged, "means": means}
    (HERE / "expected_trec.json").write_text(json.dumps(content) + "\n", "utf-8")


if __name__ == "__main__":
    main()
