"""LlamaIndex: embeddings and a reranker."""

# requires: llama-index-embeddings-huggingface==0.8.0 llama-index-postprocessor-sbert-rerank==0.6.0

from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.postprocessor.sbert_rerank import SentenceTransformerRerank
from shared import DENSE, RERANKER, TEXTS, tell

embedding = HuggingFaceEmbedding(model_name=DENSE, device="cpu")
nodes = [NodeWithScore(node=TextNode(text=text), score=0.5) for text in TEXTS]
ranked = SentenceTransformerRerank(model=RERANKER, top_n=3).postprocess_nodes(
    nodes, query_str="cats"
)
tell(
    {
        "texts": [row[:8] for row in embedding.get_text_embedding_batch(TEXTS)],
        "query": embedding.get_query_embedding(TEXTS[0])[:8],
        "ranked": [(node.node.text, node.score) for node in ranked],
    }
)
