"""pymilvus: dense embeddings and a reranker."""

# requires: pymilvus[model]==3.0.2

from pymilvus.model.dense import SentenceTransformerEmbeddingFunction
from pymilvus.model.reranker import CrossEncoderRerankFunction
from shared import DENSE, RERANKER, TEXTS, tell

dense = SentenceTransformerEmbeddingFunction(model_name=DENSE, device="cpu")
ranked = CrossEncoderRerankFunction(model_name=RERANKER, device="cpu")("cats", TEXTS, top_k=3)
tell(
    {
        "documents": [row[:8] for row in dense.encode_documents(TEXTS)],
        "ranked": [(each.index, each.score) for each in ranked],
    }
)
