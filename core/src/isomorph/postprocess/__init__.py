"""From rows of numbers to what the caller asked for: truncated, normalised, quantised, as a type."""
