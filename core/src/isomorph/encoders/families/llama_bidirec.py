"""NVIDIA's Llama that looks both ways."""

from isomorph.encoders.families.llama import LLAMA_BIDIREC as FAMILY

__all__ = ["FAMILY"]
