"""Finding things among vectors: nearest neighbours, paraphrases, communities. Exact, in blocks."""
