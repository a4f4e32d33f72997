"""Plugins: who is installed, and the tables of what they offer."""
