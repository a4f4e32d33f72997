"""The version of isomorph."""

__version__ = "0.1.0"
