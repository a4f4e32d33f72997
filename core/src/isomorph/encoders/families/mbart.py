"""mBART (arXiv:2001.08210): a BART of many languages."""

from isomorph.encoders.families.bart import MBART as FAMILY

__all__ = ["FAMILY"]
