"""The kit's order of tests, and its report at the end of a run."""

from isomorph.testing.plugin import pytest_collection_modifyitems, pytest_terminal_summary

__all__ = ["pytest_collection_modifyitems", "pytest_terminal_summary"]
