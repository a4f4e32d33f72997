"""The torch backend of isomorph."""
