"""Towers that see: from pixels to a vector, or to a vector a patch, in today's primitives."""
