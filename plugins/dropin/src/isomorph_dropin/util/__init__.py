"""The functions of ``sentence_transformers.util``: on tensors and arrays alike."""
