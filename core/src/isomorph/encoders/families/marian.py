"""Marian (arXiv:1804.00344), by its encoder."""

from isomorph.encoders.families.m2m_100 import MARIAN_ENCODER as FAMILY

__all__ = ["FAMILY"]
