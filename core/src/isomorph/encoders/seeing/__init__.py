"""Encoders of texts with images among their tokens: towers, and how their vectors enter the texts."""
