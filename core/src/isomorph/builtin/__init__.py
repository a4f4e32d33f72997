"""Core's own plugin: what core brings comes in by the same door as everybody else's."""

from isomorph.builtin.backend import isomorph_backends
from isomorph.builtin.formats import isomorph_read_model
from isomorph.builtin.modules import isomorph_modules

__all__ = ["isomorph_backends", "isomorph_modules", "isomorph_read_model"]
