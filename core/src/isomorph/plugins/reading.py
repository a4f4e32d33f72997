"""Reading a model folder through the formats that plugins know, the built-in ones among them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from isomorph.errors import ModelNotFound, UnknownFormat
from isomorph.files.guard import reading
from isomorph.files.quantized import refuse_untrue
from isomorph.messages.shown import shown
from isomorph.model.chain import Chain
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
            f"It holds: {there}.{installed().silent}"
        )
    refuse_untrue(model.files, (t for each in model.tensors.values() for t in each.values()))
    return model


def _from_plugins(folder: Path) -> Model | None:
    """The first answer; whoever raises, or answers something else, is passed over."""
    asker = installed().asker
    for origin, model in asker.answers("isomorph_read_model", folder=folder):
        wrong = "" if model is None else _wrong(model)
        if wrong:
            asker.failed("isomorph_read_model", origin, TypeError(f"it gives {wrong}"))
        elif model is not None:
            found: Model = model
            return found
    return None


def _wrong(model: object) -> str:
    """What is wrong with an answer that is not None, "" for nothing."""
    if not isinstance(model, Model):
        return f"a {type(model).__name__}, no Model"
    chains: object = model.chains
    if not isinstance(chains, Mapping) or not chains:
        return f"a Model without chains: {shown(chains)}"
    each: object
    for each in chains.values():
        if not isinstance(each, Chain):
            return f"a Model with {shown(each)} among its chains, which is no Chain"
    place: object = model.folder
    return "" if isinstance(place, Path) else f"a Model whose folder is {shown(place)}, no Path"
