"""transformers without progress bars and load reports, for the length of one call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_LOCK = threading.RLock()
"""Hook and verbosity are process-global: two loads at once must not restore each other's values."""


@contextmanager
def quiet() -> Iterator[None]:
    """Silences transformers and puts every global back as it was.

    What its report would say about missing weights is checked by the caller instead.
    """
    from transformers.utils import logging

    with _LOCK:
        verbosity = logging.get_verbosity()
        # Releases before the hook existed drew no bars for models of one file.
        set_hook = getattr(logging, "set_tqdm_hook", None)
        previous = set_hook(_without_bar) if set_hook else None
        logging.set_verbosity_error()
        try:
            yield
        finally:
            logging.set_verbosity(verbosity)
            if set_hook:
                set_hook(previous)


def _without_bar(
    bar: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> object:
    return bar(*args, **{**kwargs, "disable": True})
