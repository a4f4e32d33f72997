"""All rows, in the order of the table."""

from .decoders import ROWS as DECODERS
from .encoders import ROWS as ENCODERS
from .pictures import ROWS as PICTURES

ROWS = (*ENCODERS, *DECODERS, *PICTURES)
"""Encoders, language models, and models that see."""
MEASURED = tuple(row for row in ROWS if row.recipe is not None and not row.refused)
"""Those that are rebuilt and compared."""
