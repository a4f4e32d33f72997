"""Encoders of sounds as data, and the one lowering of all of them.

    config.json ── families/*.py → description.SoundEncoder ── lower.py ──→ primitives

Blocks of attention are those of text encoders (`isomorph.encoders.description.Block`). What stands before
them differs: convolutions along time in place of tables of words.
"""

from isomorph.encoders.hearing.describe import encoder_of, family_of, judge_config, sound_model
from isomorph.encoders.hearing.lower import lower_sounds

__all__ = ["encoder_of", "family_of", "judge_config", "lower_sounds", "sound_model"]
