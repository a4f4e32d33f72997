"""From token ids to batches, and from batches to forwards: sorted, bounded, several at once."""
