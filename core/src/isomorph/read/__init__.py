"""From a folder to a `Model`: which modules, in which order, with which tensors. Loads nothing."""
