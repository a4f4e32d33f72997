"""Lines of the log: JSON, in which nothing is that a client wrote."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

LOG = logging.getLogger("isomorph_server")
FRAMES = 12
"""Places in the code at most that a line names for an error, the last ones."""


def line(said: Mapping[str, Any]) -> str:
    """One line."""
    return orjson.dumps(said).decode()


def of_error(id_: str, error: BaseException) -> str:
    """What is told of an error of a request: kinds and places in the code, since messages may hold texts."""
    found = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = [f"{each.filename}:{each.lineno} {each.name}" for each in found]
    kinds = [type(each).__name__ for each in _chain(error)]
    return line({"id": id_, "error": kinds[0], "because_of": kinds[1:], "at": places})


def of_model(name: str, error: BaseException) -> str:
    """What is told of a model that makes no vector of an input of ours; nobody else has written anything."""
    return line({"model": name, "error": type(error).__name__, "message": str(error)})


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
