"""transformers without progress bars and load reports, for the length of one call."""

from __future__ import annotations

import logging as standard
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_LOCK = threading.RLock()
"""Hook and verbosity are process-global: two loads at once must not restore each other's values."""


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Silences transformers and puts every global back as it was.

    What its report would say about missing weights is checked by the caller instead. Lines that it logs
    while models are read are in the list that comes back: some of its errors only point at them.
    """
    from transformers.utils import logging

    said: list[str] = []
    with _LOCK, _listening(said):
        verbosity = logging.get_verbosity()
        # Releases before the hook existed drew no bars for models of one file.
        set_hook = getattr(logging, "set_tqdm_hook", None)
        previous = set_hook(_without_bar) if set_hook else None
        logging.set_verbosity_error()
        try:
            yield said
        finally:
            logging.set_verbosity(verbosity)
            if set_hook:
                set_hook(previous)


@contextmanager
def _listening(said: list[str]) -> Iterator[None]:
    """Takes what the loading code logs instead of the handlers that would print it."""
    logger, handler = standard.getLogger("transformers.modeling_utils"), _Listener(said)
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(standard.WARNING)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


class _Listener(standard.Handler):
    """Appends lines without colours."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: standard.LogRecord) -> None:
        """Keeps one record."""
        self._said.extend(_COLOURS.sub("", record.getMessage()).splitlines())


def _without_bar(
    bar: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> object:
    return bar(*args, **{**kwargs, "disable": True})
