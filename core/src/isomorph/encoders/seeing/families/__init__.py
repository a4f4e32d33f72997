"""One file a family of encoders of texts with images."""
