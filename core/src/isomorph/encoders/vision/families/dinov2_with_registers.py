"""DINOv2 with registers (arXiv:2309.16588)."""

from isomorph.encoders.vision.families.dinov2 import WITH_REGISTERS as FAMILY

__all__ = ["FAMILY"]
