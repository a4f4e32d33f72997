"""Cohere's second decoders, most of whose layers see a window."""

from isomorph.encoders.families.cohere import COHERE2 as FAMILY

__all__ = ["FAMILY"]
