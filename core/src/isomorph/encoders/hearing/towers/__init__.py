"""One file a family of towers that hear."""
