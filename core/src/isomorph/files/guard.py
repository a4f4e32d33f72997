"""The net below all readers: whatever the files of a model raise is an error about that model.

Readers judge what they read and say what is wrong. What slips through ends here, so that a caller who
handles isomorph's errors has handled every folder. That the net was needed for a known case is a defect.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isomorph.errors import BadModel, IsomorphError

_BY_CONTENT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""What Python raises about values of a wrong type, size or place."""


@contextmanager
def reading(what: str | Path) -> Iterator[None]:
    """Reading or lowering `what`, a folder or a module of one.

    Raises:
        BadModel: an exception that is not isomorph's was raised inside; names `what` and the exception.
    """
    try:
        yield
    except IsomorphError:
        raise
    except _BY_CONTENT as cause:
        said = str(cause)[:300] or "no message"
        raise BadModel(
            f"{what} cannot be read as a model: {type(cause).__name__}: {said}. A file of it is damaged or "
            "holds what no such file holds; download or copy it again."
        ) from cause
