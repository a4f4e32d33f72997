"""Programs: a module chain lowered to a few dozen primitives that any engine can run.

Each module says once, in primitives, what it computes. A backend emits each primitive in its
engine's own operators (or refuses it, and thereby ends its claim); core's numpy kernels interpret
the same primitives. See `isomorph.primitives.ops` for their definitions.
"""

from isomorph.encoders.positions import counting_unpadded, position_ids
from isomorph.encoders.published import transformers_misreads, transformers_options
from isomorph.primitives import ops
from isomorph.primitives.builder import Builder, Ref, Weights
from isomorph.primitives.program import Node, Program
from isomorph.primitives.table import PRIMITIVES
from isomorph.primitives.tables import Table, tables
from isomorph.program.axes import refuse_misfits
from isomorph.program.lower import claimable, lower

__all__ = [
    "PRIMITIVES",
    "Builder",
    "Node",
    "Program",
    "Ref",
    "Table",
    "Weights",
    "claimable",
    "counting_unpadded",
    "lower",
    "ops",
    "position_ids",
    "refuse_misfits",
    "tables",
    "transformers_misreads",
    "transformers_options",
]
