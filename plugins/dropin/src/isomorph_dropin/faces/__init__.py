"""The model classes of the tree."""
