"""HTSAT (Chen et al. 2022, arXiv:2202.00874): a Swin transformer over a spectrum folded into a square."""

from isomorph.encoders.hearing.swin.description import Stage, Swin
from isomorph.encoders.hearing.swin.lower import lower_swin

__all__ = ["Stage", "Swin", "lower_swin"]
