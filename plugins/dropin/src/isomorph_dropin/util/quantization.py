"""Vectors in fewer bits, and searches in the indexes of other libraries."""

from isomorph.util import quantize_embeddings
from isomorph_dropin.util.indexes import semantic_search_faiss, semantic_search_usearch

__all__ = ["quantize_embeddings", "semantic_search_faiss", "semantic_search_usearch"]
