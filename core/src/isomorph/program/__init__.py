"""Programs: a module chain lowered to a few dozen primitives that any engine can run.

Each module says once, in primitives, what it computes. A backend emits each primitive in its
engine's own operators (or refuses it, and thereby ends its claim); core's numpy kernels interpret
the same primitives. See `isomorph.primitives.ops` for their definitions.

What a file means that another library exported stands here too (`foreign.py`, `layout.py`),
how the errors of an engine are told (`failures.py`), and how arrays travel to another process (`travel.py`).

What needs families and readers is imported when it is first used: core's own files below this package
need none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from isomorph.primitives import ops
from isomorph.primitives.builder import Builder, Ref, Weights
from isomorph.primitives.program import VALUES, Feed, Node, Program
from isomorph.primitives.table import PRIMITIVES
from isomorph.primitives.tables import Table, tables
from isomorph.program.axes import Expected, Extents
from isomorph.program.lower import claimable, lower
from isomorph.program.width import widths

if TYPE_CHECKING:
    from isomorph.encoders.published import (
        is_known,
        sound_model,
        transformers_misreads,
        transformers_options,
    )
    from isomorph.modules.tokenizer import tokenizer_inputs
    from isomorph.program.failures import short, steady, told, translated
    from isomorph.program.foreign import Meaning, Ports, fed, meaning
    from isomorph.program.layout import Layout, digest
    from isomorph.program.positions import counting_unpadded
    from isomorph.program.travel import packed, unpacked
    from isomorph.read.sentence_transformers import chain, read_modules

_HOMES = {
    "Layout": "isomorph.program.layout",
    "Meaning": "isomorph.program.foreign",
    "Ports": "isomorph.program.foreign",
    "chain": "isomorph.read.sentence_transformers",
    "counting_unpadded": "isomorph.program.positions",
    "digest": "isomorph.program.layout",
    "fed": "isomorph.program.foreign",
    "is_known": "isomorph.encoders.published",
    "meaning": "isomorph.program.foreign",
    "packed": "isomorph.program.travel",
    "read_modules": "isomorph.read.sentence_transformers",
    "short": "isomorph.program.failures",
    "sound_model": "isomorph.encoders.published",
    "steady": "isomorph.program.failures",
    "tokenizer_inputs": "isomorph.modules.tokenizer",
    "told": "isomorph.program.failures",
    "transformers_misreads": "isomorph.encoders.published",
    "transformers_options": "isomorph.encoders.published",
    "translated": "isomorph.program.failures",
    "unpacked": "isomorph.program.travel",
}

__all__ = [
    "PRIMITIVES",
    "VALUES",
    "Builder",
    "Expected",
    "Extents",
    "Feed",
    "Layout",
    "Meaning",
    "Node",
    "Ports",
    "Program",
    "Ref",
    "Table",
    "Weights",
    "chain",
    "claimable",
    "counting_unpadded",
    "digest",
    "fed",
    "is_known",
    "lower",
    "meaning",
    "ops",
    "packed",
    "read_modules",
    "short",
    "sound_model",
    "steady",
    "tables",
    "tokenizer_inputs",
    "told",
    "transformers_misreads",
    "transformers_options",
    "translated",
    "unpacked",
    "widths",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
