"""Chinese CLIP (arXiv:2211.01335): a CLIP that reads with a BERT."""

from isomorph.encoders.vision.families.clip import CHINESE_CLIP as FAMILY

__all__ = ["FAMILY"]
