"""Saving, from a loaded model to a folder that has its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from isomorph.errors import InputError, Unsupported
from isomorph.machine.exchange import staged
from isomorph.model.model import Model
from isomorph.model.settings import Settings
from isomorph.plugins.door import asking
from isomorph.read.tasks import tensors_anew
from isomorph.runtime.loaded import Loaded
from isomorph.runtime.routing import Routing
from isomorph.saving.existing import keep, stale_names
from isomorph.saving.layout import Saved, write_layout
from isomorph.saving.quantized import keep_stored
from isomorph.saving.settings import settings_of
from isomorph.saving.weights import rewritten


def save(
    loaded: Loaded,
    settings: Settings,
    path: str | Path | None,
    *,
    write_card: Callable[[Path], object] | None = None,
    safe_serialization: bool = True,
) -> None:
    """Writes a model as a folder, which takes its name in one step.

    Args:
        loaded: the model. It loads its weights where only a session can write them.
        settings: how the model wants to be used now.
        path: the folder; it may be the one that the model was loaded from.
        write_card: puts a card into the folder before it has its name; None for no card.
        safe_serialization: only True; weights are not pickled.

    Raises:
        InputError: the path cannot be a model's folder.
        Unsupported: pickles are asked for, or the folder exists where none can be replaced in one step.
        OSError: the disk is full or cannot be written; the old folder is then as it was.
    """
    if not safe_serialization:
        raise Unsupported(
            "safe_serialization=False asks for pickled weights, which can run code where they are loaded; "
            "only safetensors are written. Leave the argument out."
        )
    target = _target(path)
    routing, source = loaded.routing, loaded.model
    own = target == source.folder.resolve()
    with staged(target) as fresh:
        chains = [Saved(pipeline.model, length) for pipeline, length in routing.truncations()]
        routed = bool(loaded.whole.routers)
        write_layout(chains, settings_of(settings, source), fresh, routed=routed)
        _write_live(routing, loaded.handed_out, fresh)
        keep_stored(source.files, fresh, trained=loaded.handed_out)
        if write_card is not None:
            write_card(fresh)
        if target.is_dir():
            same = own and not loaded.handed_out and not routing.changed and not _rewritten(routing)
            keep(target, fresh, () if same else stale_names(target, fresh, _artifacts()))
    if own:
        source.files.renew()
        for pipeline in routing:
            pipeline.plan = replace(pipeline.plan, model=_anew(pipeline.model, loaded.whole))


def _target(path: str | Path | None) -> Path:
    """The folder to write, with links followed.

    Raises:
        InputError: none is named, it is a file or a file system's root, or it belongs to a cache.
    """
    if path is None or not str(path):
        raise InputError("Say where to save the model: a folder, which need not exist.")
    try:
        target = Path(path).expanduser().resolve()
    except RuntimeError as cause:  # a user whom nobody knows
        raise InputError(f"{path} is no folder here: {cause}") from None
    nearest = next(place for place in (target, *target.parents) if os.path.lexists(place))
    if not nearest.is_dir():
        raise InputError(
            f"{nearest} is a file, and a model is saved as a folder. Name another one."
        )
    if target.is_mount():
        raise InputError(
            f"{target} is the root of a file system, which no folder can replace. Name a folder in it."
        )
    if target.parent.name == "snapshots":
        raise InputError(
            f"{target} belongs to a Hub cache, where others rely on what it holds. Name another folder."
        )
    return target


def _write_live(routing: Routing, handed_out: bool, folder: Path) -> None:
    """What only a session can write: artifacts, what training changed, and a configuration of its own.

    Of chains beside the default one, those are written that an artifact computes: weights may be missing.
    """
    main = routing.main
    artifact = bool(main.plan.info.artifacts) and not routing.model.routers
    for pipeline in routing:
        first = pipeline is main and (handed_out or artifact or pipeline.is_configured)
        if not first and pipeline.plan.claim.artifact is None:
            continue
        session = pipeline.runner(pipeline.model.graph.outputs[0]).session
        if session is not None:
            with asking(pipeline.plan.info, "save", pipeline.plan.claim.device):
                session.save(folder)


def _rewritten(routing: Routing) -> bool:
    models = (pipeline.model for pipeline in routing)
    return any(rewritten(tensors) for model in models for tensors in model.tensors.values())


def _artifacts() -> list[str]:
    """Names of what any installed backend writes beside the weights."""
    from isomorph.plugins.discovery import installed

    return [kind for info in installed().infos for kind in info.artifacts]


def _anew(model: Model, whole: Model) -> Model:
    """The same chain with the places that all tensors have in the files that were just written."""
    folder = model.files
    modules = [*model.graph.modules, *whole.modules.values()]
    found = {module.name: tensors_anew(folder, module) for module in modules if module.folder}
    found |= {
        m.name: tensors_anew(folder, m) for m in modules if not m.folder and model.tensors_of(m)
    }
    places = {name: tensors for name, tensors in found.items() if tensors}
    return replace(model, tensors={**model.tensors, **places})
