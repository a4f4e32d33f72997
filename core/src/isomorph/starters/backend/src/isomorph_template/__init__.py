"""The backend template of isomorph. Importing this package imports no engine."""
