"""The kit's report at the end of a run."""

from isomorph.testing.plugin import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]
