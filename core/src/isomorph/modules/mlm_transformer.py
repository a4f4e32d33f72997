"""MLMTransformer, an old name of a Transformer with the head of a masked language model."""

from isomorph.modules.transformer import KIND

__all__ = ["KIND"]
