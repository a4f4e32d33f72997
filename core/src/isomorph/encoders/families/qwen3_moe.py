"""Qwen3 with experts in its feed-forward layers."""

from isomorph.encoders.families.qwen2_moe import QWEN3_MOE as FAMILY

__all__ = ["FAMILY"]
