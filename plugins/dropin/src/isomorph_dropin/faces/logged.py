"""What the real library logs, under the name of its logger: programs set its level and read its lines."""

from __future__ import annotations

from functools import cache
from logging import INFO, getLogger
from typing import Any

_LOGGER = getLogger("sentence_transformers.base.model")


def log_loading(model: Any, name: Any) -> None:
    """One line of information: which class was made of what.

    Args:
        model: the loaded model.
        name: the folder or Hub id, as the program gave it.
    """
    if not _LOGGER.isEnabledFor(INFO):
        return  # nobody reads it, so no file is looked for
    kind = type(model).__name__
    if model.__loaded__().whole.files.file("modules.json") is None:
        _LOGGER.info(f"No modules.json found for {name}, initializing a new {kind} model.")
    else:
        _LOGGER.info(f"Loading {kind} model from {name}.")


@cache  # once for each process, as there
def log_deprecated(old: str, new: str) -> None:
    """A warning of a method that has another name now."""
    _LOGGER.warning(f"The `{old}` method is deprecated, please use `{new}` instead.")
