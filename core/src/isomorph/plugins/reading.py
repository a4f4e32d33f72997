"""Reading a model folder through the formats that plugins know, the built-in ones among them."""

from __future__ import annotations

from pathlib import Path

from isomorph.errors import ModelNotFound, UnknownFormat
from isomorph.files.guard import reading
from isomorph.model.model import Model
from isomorph.plugins.discovery import installed


def read_model(folder: Path) -> Model:
    """The model in a folder.

    Raises:
        ModelNotFound: there is no such folder.
        UnknownFormat: no plugin recognises it.
        BadModel: it is damaged, contradictory or unsafe.
        Unsupported: it asks for something that is not there.
    """
    if not folder.is_dir():
        raise ModelNotFound(f"{folder} is not a folder.")
    with reading(folder):
        model = _from_plugins(folder)
    if model is None:
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:12]) or "nothing"
        raise UnknownFormat(
            f"{folder} is not a model folder: it has neither modules.json nor config.json. "
            f"It holds: {there}.{''.join(f' {failure}' for failure in installed().failures)}"
        )
    return model


def _from_plugins(folder: Path) -> Model | None:
    """The first answer; whoever raises, or answers something else, is passed over."""
    asker = installed().asker
    for origin, model in asker.answers("isomorph_read_model", folder=folder):
        if isinstance(model, Model):
            return model
        if model is not None:
            kind = type(model).__name__
            asker.failed("isomorph_read_model", origin, TypeError(f"it gives a {kind}, no Model"))
    return None
