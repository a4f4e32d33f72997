"""WavLM (arXiv:2110.13900): a HuBERT whose blocks know distances."""

from isomorph.encoders.hearing.families.wav2vec2 import WAVLM as FAMILY

__all__ = ["FAMILY"]
