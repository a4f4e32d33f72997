"""The public classes. They are thin: each states what its results mean; the way there is shared."""
