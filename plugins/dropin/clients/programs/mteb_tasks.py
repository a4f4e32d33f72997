"""mteb: tasks of pairs, searches, pairs that are the same, and reranking."""

# requires: mteb==2.26.24

import mteb
from mteb.mocks import mock_tasks
from sentence_transformers import CrossEncoder, SentenceTransformer
from shared import DENSE, RERANKER, tell


def main_score(model, name):
    """The score of a model in one of the tasks that the package brings for its own tests."""
    task = getattr(mock_tasks, f"Mock{name}Task")()
    done = mteb.evaluate(model, [task], cache=None, co2_tracker=False, show_progress_bar=False)
    return next(iter(done.task_results[0].scores.values()))[0]["main_score"]


dense = SentenceTransformer(DENSE)
told = {
    name: main_score(dense, name)
    for name in ("STS", "Retrieval", "Classification", "PairClassification", "BitextMining")
}
tell({**told, "reranker": main_score(CrossEncoder(RERANKER), "Reranking")})
