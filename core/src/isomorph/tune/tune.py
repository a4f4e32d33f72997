"""One tuning, from a name to a choice that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from math import prod
from pathlib import Path
from time import perf_counter

from isomorph.contract import Device
from isomorph.errors import InputError, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.quantized import stored_as
from isomorph.machine.free_memory import free_memory
from isomorph.model.model import Model
from isomorph.outlook.classes import class_of
from isomorph.outlook.outlook import ORGANIZATION
from isomorph.plugins.discovery import Plugins, installed
from isomorph.resolve import Request, resolve
from isomorph.tune.candidate import Meter
from isomorph.tune.precision import ADVICE, allowed, refuse_others
from isomorph.tune.processes import processes
from isomorph.tune.race import Heat, race
from isomorph.tune.reading import read
from isomorph.tune.stages import SESSIONS, Outcome, of_mix, of_one, run_stages
from isomorph.tune.texts import default_mix
from isomorph.tuned.choice import Choice
from isomorph.tuned.kept import forget, keep
from isomorph.tuned.key import key_of

COPIES = 3
"""Times its weights in float32 that a process of a candidate may hold, with two sessions and forwards."""
FINAL = 0.15
"""The share of the time for the last race, between the best of each folder."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was found for one folder, and kept."""

    folder: Path
    outcome: Outcome
    choice: Choice
    file: Path
    """Where the choice is kept."""
    seconds: float
    """How long all of it took."""
    quantized: tuple[Tuned, ...] = ()
    """The same of each folder in fewer bits that took part."""
    final: Heat | None = None
    """The race between the best of each folder; None of one folder."""


def tune_model(
    name: str | Path,
    *,
    texts: Sequence[str] | None = None,
    seconds: float = 20.0,
    device: str | None = None,
    class_name: str | None = None,
    backends: Sequence[str] = (),
    quantized: Sequence[Path] = (),
    max_loss: float | None = None,
    plugins: Plugins | None = None,
    meter: Meter | None = None,
) -> Tuned:
    """Measures what runs a model best here, and keeps the choice for later loads.

    Args:
        name: a folder, ``package:DISTRIBUTION``, or a Hub id.
        texts: the user's; None takes a mix of one to nine sentences.
        seconds: the time. Each backend is loaded and measured once, however long that takes.
        device: the device; None takes the best of each backend.
        class_name: the public class that reads the folder; None takes the one that it was saved for.
        backends: those that take part; none named takes all that are installed and claim the whole model.
        quantized: folders that ``isomorph quantize`` made of the model, which take part beside it.
        max_loss: the largest loss, as measured when they were made, with which they do.
        plugins: in place of those that are installed.
        meter: who measures, in place of processes of this machine.

    Raises:
        ModelError: a model cannot be found or read.
        BackendError: no backend runs the whole model, or one that is named is not there.
        InputError: an argument cannot be used, or a folder lost more than allowed.
        Unsupported: its inputs are no texts, or there is no memory for the candidates.
        OSError: the cache folder cannot be written.
    """
    begin = perf_counter()
    plugins = plugins or installed()
    wanted = None if device is None else Device.of(device)
    mix = default_mix() if texts is None else list(texts)
    if not mix or not 0 < seconds < float("inf"):
        raise InputError(f"{len(mix)} texts and {seconds} seconds measure nothing.")
    source = _resolved(name)
    read_as = class_name or class_of(Folder(source))
    names = _names(backends, plugins)
    folders = [source, *map(_resolved, quantized)]
    _refuse_losses(source, folders[1:], max_loss)
    models = [read(folder, read_as) for folder in folders]
    refuse_others(models[0], models[1:])
    _refuse_without_memory(models, len(names))
    own = processes(read_as, device, mix) if meter is None else nullcontext(meter)
    read_for = perf_counter() - begin
    with own as found:
        outcomes, final = _measured(folders, names, found, max(0.0, seconds - read_for))
        spent = read_for + found.now()
    rows = [
        _kept(model, outcome, wanted, plugins, names, spent)
        for model, outcome in zip(models, outcomes, strict=True)
    ]
    first, *rest = rows
    return Tuned(first.folder, first.outcome, first.choice, first.file, spent, tuple(rest), final)


def forget_choice(name: str | Path, class_name: str | None = None) -> bool:
    """Removes what is kept for a model on this machine; whether there was something.

    Raises:
        ModelError: the model cannot be found or read.
    """
    source = _resolved(name)
    return forget(key_of(read(source, class_name or class_of(Folder(source)))))


def _resolved(name: str | Path) -> Path:
    return resolve(str(name), Request(organization=ORGANIZATION))


def _names(backends: Sequence[str], plugins: Plugins) -> list[str]:
    """Who takes part, in the order of an automatic choice: among equals the first is taken."""
    if backends:
        return [plugins.info(name).name for name in dict.fromkeys(backends)]
    infos = sorted(plugins.unasked, key=lambda info: (-info.priority, info.name))
    engines = [info.name for info in infos if not info.fallback]
    return engines or [info.name for info in infos]


def _refuse_losses(source: Path, quantized: Sequence[Path], max_loss: float | None) -> None:
    """Refuses folders in fewer bits that lost more than allowed; nobody makes one here.

    Raises:
        InputError: says which, or that a loss is allowed and no folder has any.
    """
    is_one = stored_as(Folder(source)) is not None
    if max_loss is not None and not is_one and not quantized:
        raise InputError(
            f"A loss of {max_loss:.3%} is allowed, and no folder in fewer bits is named: --quantized FOLDER. "
            f"{ADVICE}"
        )
    for folder in quantized if max_loss is None or not is_one else (source, *quantized):
        allowed(folder, max_loss)


def _refuse_without_memory(models: Sequence[Model], count: int) -> None:
    """Refuses to load so many candidates at once that the machine would swap or kill them.

    Raises:
        Unsupported: says what is needed and free.
    """
    largest = max(4 * model.numbers for model in models)
    need, free = COPIES * count * largest, free_memory()
    if free is not None and need > free:
        raise Unsupported(
            f"{count} backends at once may take {need / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are "
            "free. Name fewer of them with --backend, or close other programs."
        )


def _measured(
    folders: Sequence[Path], names: Sequence[str], meter: Meter, seconds: float
) -> tuple[list[Outcome], Heat | None]:
    """What was found for each folder, and of several the race between their best, which stay open for it.

    Raises:
        BackendUnavailable: no backend runs one of them.
    """
    share = seconds * (1 - FINAL * (len(folders) > 1)) / len(folders)
    outcomes = [run_stages(folder, names, meter, meter.now(), share) for folder in folders]
    if len(outcomes) == 1:
        return outcomes, None
    return outcomes, race([outcome.best for outcome in outcomes], meter, seconds, of_mix)


def _kept(
    model: Model,
    outcome: Outcome,
    wanted: Device | None,
    plugins: Plugins,
    names: Sequence[str],
    seconds: float,
) -> Tuned:
    best = outcome.best
    choice = Choice(
        backend=best.backend,
        device=outcome.ready.device,
        wished=wanted is not None,
        setting=best.setting,
        day=date.today().isoformat(),
        why=reason(outcome),
    )
    return Tuned(best.folder, outcome, choice, keep(key_of(model), choice, plugins, names), seconds)


def reason(outcome: Outcome) -> str:
    """Why the best one was chosen, against what would run without a choice, in a sentence."""
    plain = outcome.heats[0][1].order[0]
    if all(len(heat.order) == 1 for _, heat in outcome.heats):
        return f"nothing was tried beside {plain.backend} with default settings"
    if outcome.best == plain:
        return f"nothing else was faster than {plain.backend} with default settings, beyond noise"
    gain = prod(
        heat.ratio(heat.best, heat.order[0], of_mix)
        for stage, heat in outcome.heats
        if stage != SESSIONS and heat.best != heat.order[0]
    )
    said = f"{gain:.2f} times the texts per second of {plain.backend} with default settings"
    for stage, heat in outcome.heats:
        if stage == SESSIONS and heat.best != heat.order[0]:
            single = heat.ratio(heat.best, heat.order[0], of_one)
            said += f"; single texts {single:.2f} times as fast with one session"
    return said
