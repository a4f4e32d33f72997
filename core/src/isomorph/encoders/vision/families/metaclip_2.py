"""MetaCLIP 2 (arXiv:2507.22062): a CLIP of many languages."""

from isomorph.encoders.vision.families.clip import METACLIP_2 as FAMILY

__all__ = ["FAMILY"]
