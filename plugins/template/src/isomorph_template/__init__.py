"""A backend to copy: encoders in numpy. Importing this package imports no engine."""
