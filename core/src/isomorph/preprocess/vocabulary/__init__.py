"""Tokenizers from a vocabulary alone, without ``tokenizer.json``."""
