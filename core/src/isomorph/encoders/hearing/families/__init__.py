"""One file a family of encoders of sounds."""
