"""joblib: a model in worker processes."""

# requires: joblib==1.6.0

from joblib import Parallel, delayed
from sentence_transformers import SentenceTransformer
from shared import DENSE, TEXTS, tell

if __name__ == "__main__":
    model = SentenceTransformer(DENSE)
    tell([list(row[:8]) for row in Parallel(2)(delayed(model.encode)(text) for text in TEXTS[:4])])
