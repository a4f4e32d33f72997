"""Reading, examining and claiming a model of which no numbers are looked at."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from isomorph.contract import Options
from isomorph.errors import BadModel, IsomorphError
from isomorph.files.folder import Folder
from isomorph.files.names import ANY_WEIGHTS
from isomorph.model.model import Model
from isomorph.outlook.classes import Reader, reader_of
from isomorph.outlook.sizes import TEXTS, TOKENS, of_call, of_weights
from isomorph.outlook.told import Outlook, Verdict
from isomorph.plugins.discovery import Plugins, installed
from isomorph.plugins.table import kind_named
from isomorph.primitives.implied import Implied
from isomorph.resolve.references import gaps
from isomorph.runtime.recipe import Recipe
from isomorph.runtime.routing import Routing

_SHOWN = 4
"""Prebuilt files of a backend that are named."""
_BOUNDLESS = 100_000
"""Tokens of a longest text that means as much as none: a million stands in files of word embeddings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A model's folder as it is seen: its own files, or those of its outline.

    ``sizes`` are all files with their bytes, ``names`` those that a load needs. ``blank`` says whether
    vocabularies are stand-ins, which no tokenizer is made of. ``nbytes`` are those of ``names``.
    """

    folder: Path
    sizes: Mapping[str, int]
    names: tuple[str, ...]
    nbytes: int
    blank: bool = False


def judge(seen: Seen, class_name: str, backend: str | None, device: str | None) -> Outlook:
    """The outlook of a model of this class.

    Args:
        seen: its folder.
        class_name: the public class that reads it.
        backend: the only backend to ask; None asks all that are installed.
        device: the only device to ask for; None takes the best of each backend.

    Raises:
        ModelError: the folder cannot be read as such a model.
        Unsupported: it asks for something that nobody does.
        BackendError: `backend` cannot be used.
    """
    absent = gaps(Folder(seen.folder))
    implied = any(name.rpartition("/")[2] in ANY_WEIGHTS for name in absent)
    reader, plugins = reader_of(class_name), installed()
    missing = [f"{name}: not there. Download or copy it." for name in absent]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = _read(seen.folder, _implying(reader) if implied else reader)
        except BadModel as reason:
            if not implied:
                raise
            return _unreadable(seen, class_name, missing, reason)
        names = [backend] if backend else [info.name for info in plugins.unasked]
        asked = {name: _asked(model, name, device, raises=backend is not None) for name in names}
        lead, refused = _lead(model, backend, device)
    verdicts = tuple(asked.values())
    notes = [str(each.message) for each in caught]
    if implied:
        notes.append("No weights are there: those that the settings imply are taken.")
    if refused:
        notes.append(refused)
    if not seen.blank and (lack := _unprepared(model)):
        missing.append(lack)
    stored, held = of_weights(lead.model if lead is not None else model)
    longest = _longest(lead)
    whole = (
        max(lead, key=lambda each: len(each.plan.model.graph)).plan if lead is not None else None
    )
    return Outlook(
        class_name=class_name,
        plan=None if lead is None else lead.explain(),
        backends=verdicts,
        files=len(seen.names),
        nbytes=seen.nbytes,
        stored=stored,
        as_float32=held,
        call=None if whole is None else of_call(whole, longest),
        texts=TEXTS,
        tokens=longest,
        missing=tuple(missing),
        notes=tuple(
            dict.fromkeys((*notes, *_prebuilt(seen, plugins), *_exports(verdicts, plugins)))
        ),
    )


def _unreadable(seen: Seen, class_name: str, missing: list[str], reason: BadModel) -> Outlook:
    """Of a folder without weights whose modules are known by the shapes of their weights, tables for one."""
    told = (str(reason), "No weights are there, and what this model is stands in their shapes too.")
    return Outlook(
        class_name=class_name,
        plan=None,
        backends=(),
        files=len(seen.names),
        nbytes=seen.nbytes,
        stored=0,
        as_float32=0,
        call=None,
        texts=TEXTS,
        tokens=TOKENS,
        missing=tuple(missing),
        notes=told,
    )


def _read(folder: Path, reader: Reader) -> Model:
    """As a load reads and examines it; the reference runs what nobody else does."""
    recipe = Recipe(folder, reader, Options(), strict=False)
    return recipe.examined()


def _implying(reader: Reader) -> Reader:
    """Reads as `reader`; modules without weights have all that their settings ask for.

    Raises:
        BadModel: a module is a table, whose size no settings say.
    """

    def read(folder: Path) -> Model:
        model = reader(folder)
        for module in model.modules.values():
            rows = kind_named(module.kind).ids
            if rows is not None and not rows(module):
                raise BadModel(f"Module {module.name!r} ({module.kind}) has no table of vectors.")
        return replace(
            model, tensors={name: model.tensors.get(name) or Implied() for name in model.modules}
        )

    return read


def _asked(model: Model, name: str, device: str | None, raises: bool) -> Verdict:
    try:
        routing = Routing(model, name, device, strict=False, options=Options())
    except IsomorphError as reason:
        if raises:
            raise
        return Verdict(backend=name, reason=str(reason))
    plans = [pipeline.plan for pipeline in routing]
    reasons = dict.fromkeys(plan.claim.reason for plan in plans if plan.claim.reason)
    return Verdict(
        backend=name,
        device=str(plans[0].claim.device),
        native=sum(plan.claim.depth for plan in plans),
        modules=sum(len(plan.model.graph) for plan in plans),
        reason="; ".join(reasons),
    )


def _lead(model: Model, backend: str | None, device: str | None) -> tuple[Routing | None, str]:
    """The routing that a load would choose, or why there is none.

    Raises:
        IsomorphError: the user named what cannot be used.
    """
    try:
        return Routing(model, backend, device, strict=False, options=Options()), ""
    except IsomorphError as reason:
        if backend or device:
            raise
        return None, str(reason)


def _longest(lead: Routing | None) -> int:
    """Tokens of the texts of which the memory is told: as long as they may be, where somebody says that."""
    most = lead.max_length if lead is not None else None
    return TOKENS if most is None or most > _BOUNDLESS else most


def _unprepared(model: Model) -> str:
    """Why inputs cannot become feeds here, such as a library that is not installed; "" where they can."""
    for chain in model.chains.values():
        try:
            chain.inputs.preparer()
        except IsomorphError as reason:
            return str(reason)
    return ""


def _prebuilt(seen: Seen, plugins: Plugins) -> Iterator[str]:
    """Of each backend the prebuilt files that are listed; what is in them is not looked at."""
    for info in plugins.infos:
        found = sorted(
            name
            for name in seen.sizes
            if any(
                fnmatchcase(name, each) and name.count("/") == each.count("/")
                for each in info.artifacts
            )
        )
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            yield f"Prebuilt files for {info.name}: {', '.join(found[:_SHOWN])}{more}."


def _exports(verdicts: tuple[Verdict, ...], plugins: Plugins) -> Iterator[str]:
    """Which backends would run the model once it is exported."""
    whole = {verdict.backend for verdict in verdicts if verdict.whole}
    for info in plugins.exporters:
        asked = any(verdict.backend == info.name for verdict in verdicts)
        if asked and info.name not in whole and info.source in whole:
            yield (
                f"{info.name} runs it after: isomorph export MODEL --backend {info.name} --output FOLDER"
            )
