"""Haystack: dense and sparse embedders, and a ranker."""

# requires: haystack-ai==3.4.1 sentence-transformers-haystack==2.0.0

from haystack import Document
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersSparseTextEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.rankers.sentence_transformers import (
    SentenceTransformersSimilarityRanker,
)
from shared import DENSE, RERANKER, SPARSE, TEXTS, tell

dense = SentenceTransformersTextEmbedder(model=DENSE)
sparse = SentenceTransformersSparseTextEmbedder(model=SPARSE)
ranker = SentenceTransformersSimilarityRanker(model=RERANKER)
for component in (dense, sparse, ranker):
    component.warm_up()
found = sparse.run(TEXTS[0])["sparse_embedding"]
ranked = ranker.run(query="cats", documents=[Document(content=text) for text in TEXTS])["documents"]
tell(
    {
        "dense": dense.run(TEXTS[0])["embedding"][:8],
        "sparse": [found.indices[:20], found.values[:20]],
        "ranked": [(document.content, document.score) for document in ranked],
    }
)
