"""Kinds of modules. Each file of this package is one kind: its class names, its folder, its meaning."""
