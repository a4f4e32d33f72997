"""The primitives: what a lowering writes and what an engine computes."""
