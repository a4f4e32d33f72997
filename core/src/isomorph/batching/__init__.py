"""Dynamic batching: calls of many threads and tasks share forwards."""
