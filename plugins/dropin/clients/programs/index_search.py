"""faiss and usearch: searches for vectors in fewer bits, with the library's functions for both."""

# requires: faiss-cpu==1.15.1 usearch==2.26.6

from sentence_transformers import SentenceTransformer
from sentence_transformers.quantization import (
    quantize_embeddings,
    semantic_search_faiss,
    semantic_search_usearch,
)
from shared import DENSE, TEXTS, tell

model = SentenceTransformer(DENSE)
queries, corpus = model.encode(["an animal", "money", "music"]), model.encode(TEXTS)
told = {}
for search, precisions in (
    (semantic_search_faiss, ("float32", "ubinary")),
    (semantic_search_usearch, ("float32", "ubinary", "binary")),
):
    for precision in precisions:
        kept = quantize_embeddings(corpus, precision)
        results, _ = search(queries, kept, corpus_precision=precision, top_k=3)
        told[f"{search.__name__} {precision}"] = [
            [hit[name] for name in ("corpus_id", "score")] for row in results for hit in row
        ]
tell(told)
