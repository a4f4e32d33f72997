"""Programs: a module chain lowered to a few dozen primitives that any engine can run.

Each module says once, in primitives, what it computes. A backend emits each primitive in its
engine's own operators (or refuses it, and thereby ends its claim); core's numpy kernels interpret
the same primitives. See `isomorph.program.ops` for their definitions.
"""

from isomorph.program.axes import refuse_misfits
from isomorph.program.builder import Builder, Ref, Weights
from isomorph.program.lower import claimable, lower
from isomorph.program.positions import position_ids
from isomorph.program.program import PRIMITIVES, Node, Program
from isomorph.program.tables import Table, tables

__all__ = [
    "PRIMITIVES",
    "Builder",
    "Node",
    "Program",
    "Ref",
    "Table",
    "Weights",
    "claimable",
    "lower",
    "position_ids",
    "refuse_misfits",
    "tables",
]
