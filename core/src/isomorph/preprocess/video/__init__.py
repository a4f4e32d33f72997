"""Videos as inputs: the forms in which they come, which of their frames are taken, and decoding."""
