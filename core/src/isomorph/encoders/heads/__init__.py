"""Heads as data: what a sequence classifier or a language model has behind its encoder."""
