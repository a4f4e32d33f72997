"""mT5 (arXiv:2010.11934): a T5 of many languages."""

from isomorph.encoders.families.t5 import MT5 as FAMILY

__all__ = ["FAMILY"]
