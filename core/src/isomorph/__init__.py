"""Embedding models in the sentence-transformers format, on any engine, with the same vectors."""
