"""HuBERT (arXiv:2106.07447): the layers of a wav2vec 2.0, learned otherwise."""

from isomorph.encoders.hearing.families.wav2vec2 import HUBERT as FAMILY

__all__ = ["FAMILY"]
