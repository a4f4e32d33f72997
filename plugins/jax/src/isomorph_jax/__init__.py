"""JAX as an engine of isomorph. Importing this package imports no engine."""
