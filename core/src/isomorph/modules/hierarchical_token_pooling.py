"""HierarchicalTokenPooling, the class of token pooling."""

from isomorph.modules.token_pooling import KIND

__all__ = ["KIND"]
