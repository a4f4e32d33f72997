"""From parts to a folder that is loaded as any other."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from isomorph.errors import BadModel, InputError
from isomorph.machine.afterwards import AFTERWARDS
from isomorph.model.model import Model
from isomorph.modules import transformer
from isomorph.parts.part import Part
from isomorph.parts.router import KIND as ROUTER
from isomorph.plugins.reading import read_model
from isomorph.plugins.table import kind_named
from isomorph.program.width import width_before
from isomorph.read.settings import FILE
from isomorph.resolve import Request
from isomorph.saving.layout import LIST, write_json


class Built:
    """A temporary folder that is removed with the last object that holds this one, or at exit.

    Copies within the process hold the same one. Another process holds none: it must not outlive this.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="isomorph-"))
        AFTERWARDS.after(self, partial(_remove, self.folder, os.getpid()), at_exit=True)

    def __deepcopy__(self, memo: Mapping[int, Any]) -> Built:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(None), ()


def build(modules: Any, model_type: str, request: Request) -> Built:
    """Writes parts to a new folder.

    Args:
        modules: a list of `Part`, or a mapping with the names of the modules.
        model_type: the class that they are built for.
        request: how models are found that parts take files from.

    Raises:
        InputError: they are no parts, or do not fit each other; and what a part raises when it is written.
    """
    from isomorph.version import __version__

    named = _named(modules)
    built = Built()
    entries = []
    for index, (name, part) in enumerate(named.items()):
        kind = part.type
        first = not index and part.kind == transformer.KIND.name
        own = "" if first else f"{index}_{kind.rpartition('.')[2]}"
        (built.folder / own).mkdir(exist_ok=True)
        part.write(built.folder / own, request)
        entries.append({"idx": index, "name": name, "path": own, "type": kind})
    write_json(built.folder / LIST, entries)
    settings = {"model_type": model_type, "__version__": {"isomorph": __version__}}
    write_json(built.folder / FILE, settings)
    try:
        _check_widths(read_model(built.folder))
    except BadModel as cause:
        raise InputError(f"These modules do not make a model: {cause}") from cause
    return built


def _named(modules: Any) -> Mapping[str, Part]:
    if isinstance(modules, Mapping):
        named = dict(modules)
    elif isinstance(modules, Iterable) and not isinstance(modules, str):
        named = {str(index): part for index, part in enumerate(modules)}
    else:
        raise InputError(f"modules= takes a list of isomorph.parts, not {type(modules).__name__}.")
    if not named:
        raise InputError(
            "An empty modules list was passed: a model has one module at least, see isomorph.parts."
        )
    for name, part in named.items():
        if not isinstance(name, str):
            raise InputError(f"Names of modules are texts, not {name!r}.")
        if not isinstance(part, Part):
            raise InputError(
                f"Module {name!r} of modules= is {type(part).__module__}.{type(part).__qualname__}. Use the "
                "part of that kind in isomorph.parts, or those of a loaded model, isomorph.parts.of(model)."
            )
    first = next(iter(named.values()))
    if first.kind != ROUTER and kind_named(first.kind).inputs is None:
        raise InputError(
            "The first of modules= must read texts: a Transformer or a table of embeddings, "
            f"not {first.kind}."
        )
    return named


def _check_widths(model: Model) -> None:
    """Refuses a module that is made for vectors of another width.

    Raises:
        InputError: there is one.
    """
    modules = model.graph.modules
    for place, module in enumerate(modules):
        takes = kind_named(module.kind).takes
        stated = takes(module) if takes is not None else None
        width = width_before(model, place)
        if not stated:
            continue
        if width is not None and width != stated:
            raise InputError(
                f"Module {module.name!r} ({module.kind}) is made for vectors of {stated} features, and those "
                f"before it have {width}."
            )


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child has the same finalizers
        shutil.rmtree(folder, ignore_errors=True)
