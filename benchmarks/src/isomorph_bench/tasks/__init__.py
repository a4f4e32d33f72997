"""What models are for, as data: one file each, and `named` finds them.

A task says which class of models does it, how a user of that class calls it, which workloads are timed, and
what its results say of a pair of texts.
"""
