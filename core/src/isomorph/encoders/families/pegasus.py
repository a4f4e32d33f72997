"""Pegasus (arXiv:1912.08777), by its encoder."""

from isomorph.encoders.families.m2m_100 import PEGASUS_ENCODER as FAMILY

__all__ = ["FAMILY"]
