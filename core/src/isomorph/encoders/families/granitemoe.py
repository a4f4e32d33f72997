"""Granite with experts in its feed-forward layers."""

from isomorph.encoders.families.granite import GRANITEMOE as FAMILY

__all__ = ["FAMILY"]
