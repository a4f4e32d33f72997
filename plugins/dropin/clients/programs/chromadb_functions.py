"""chromadb: dense and sparse embedding functions."""

# requires: chromadb==1.5.9

from chromadb.utils.embedding_functions import (
    HuggingFaceSparseEmbeddingFunction,
    SentenceTransformerEmbeddingFunction,
)
from shared import DENSE, SPARSE, TEXTS, tell

dense = SentenceTransformerEmbeddingFunction(model_name=DENSE, device="cpu")(TEXTS)
sparse = HuggingFaceSparseEmbeddingFunction(model_name=SPARSE, device="cpu")(TEXTS[:2])
tell(
    {
        "dense": [row[:8] for row in dense],
        "sparse": [[row.indices[:20], row.values[:20]] for row in sparse],
    }
)
