"""One file a family of towers that see, found by itself."""
