"""Ray Data: batches through an actor that holds a model."""

# requires: ray[data]==2.60.0

import os

import ray
from sentence_transformers import SentenceTransformer
from shared import DENSE, TEXTS, tell


class Embedding:
    """What each actor does with a batch."""

    def __init__(self, model):
        self.model = model

    def __call__(self, batch):
        """The batch with the vectors of its texts."""
        return {**batch, "vector": self.model.encode(list(batch["text"]))[:, :8]}


if __name__ == "__main__":
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": os.environ["PYTHONPATH"]}},
    )
    held = ray.put(SentenceTransformer(DENSE))
    rows = (
        ray.data.from_items([{"place": i, "text": text} for i, text in enumerate(TEXTS)])
        .map_batches(Embedding, fn_constructor_args=[ray.get(held)], concurrency=1, batch_size=3)
        .take_all()
    )
    tell([row["vector"] for row in sorted(rows, key=lambda row: row["place"])])
    ray.shutdown()
