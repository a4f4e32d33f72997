"""The name of the files that we write, and of what stands in their metadata."""

from __future__ import annotations

FILE = "model.onnx"
DEPTH_KEY = "isomorph.depth"
"""Metadata of the files that we write: how many modules of the chain they hold.

Followed by a dot and the name of a value on the way that the file gives too: after how many.
"""

OUTPUT_KEY = "isomorph.output"
"""Metadata of the files that we copy: the output that the user named, which its name does not tell."""
