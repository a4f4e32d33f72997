"""dask: a model in a bag over two processes."""

# requires: dask==2026.8.0

import dask.bag
from sentence_transformers import SentenceTransformer
from shared import DENSE, TEXTS, tell

if __name__ == "__main__":
    model = SentenceTransformer(DENSE)
    bag = dask.bag.from_sequence(TEXTS, npartitions=2)
    made = bag.map_partitions(lambda texts: list(model.encode(list(texts))[:, :8]))
    tell(made.compute(scheduler="processes", num_workers=2))
