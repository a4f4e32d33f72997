"""Pickled weights as places of tensors: an interpreter of few instructions that never looks up a class.

`tensors.py` is the entrance. `zipped.py` and `legacy.py` know the two layouts of files, `directory.py`
where the members of an archive lie, `machine.py` the instructions, `calls.py` the functions that
instructions may name, and `values.py` what both make.
"""
