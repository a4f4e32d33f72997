"""Progress of long calls."""
