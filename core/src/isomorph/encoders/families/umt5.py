"""UMT5 (arXiv:2304.09151): an mT5 whose every block has distances of its own."""

from isomorph.encoders.families.t5 import UMT5 as FAMILY

__all__ = ["FAMILY"]
