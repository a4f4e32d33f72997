"""What modules that see or hear are fed. Models of texts import nothing of it."""
