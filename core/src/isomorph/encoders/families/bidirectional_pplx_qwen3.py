"""Perplexity's Qwen3 that looks both ways."""

from isomorph.encoders.families.qwen3 import PPLX as FAMILY

__all__ = ["FAMILY"]
