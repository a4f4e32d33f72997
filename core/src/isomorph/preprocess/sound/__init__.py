"""Sounds: from files, bytes and arrays to the samples, and from samples to what an encoder is fed."""
