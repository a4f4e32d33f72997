"""The numpy reference: an interpreter of programs, over the kernels of the primitives.

It is plain on purpose. The conformance kit holds every backend against it, and it is itself held
against values recorded from sentence-transformers and against float64 arithmetic.
"""
