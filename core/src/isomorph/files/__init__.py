"""The files of a model: one door to them, which state of them was read, and where their tensors lie."""
