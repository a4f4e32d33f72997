"""The plugin template of isomorph."""
