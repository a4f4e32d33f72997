"""Encoders of sounds as data, and the one lowering of all of them.

    config.json ── families/*.py → description.SoundEncoder ── lower.py ──→ primitives

Blocks of attention are those of text encoders (`isomorph.encoders.description.Block`). What stands before
them differs: convolutions along time in place of tables of words.
"""
