"""All rows, in the order of the table."""

from .decoders import ROWS as DECODERS
from .encoders import ROWS as ENCODERS
from .heads import ROWS as HEADS
from .pictures import ROWS as PICTURES

ROWS = (*ENCODERS, *DECODERS, *HEADS, *PICTURES)
"""Encoders, language models, then rerankers, sparse models and late interaction, and models that see."""
MEASURED = tuple(row for row in ROWS if row.recipe is not None and not row.refused)
"""Those that are rebuilt and compared."""
