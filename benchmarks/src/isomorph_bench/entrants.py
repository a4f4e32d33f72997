"""Who races for an order: our backends with the weights that were asked, and the peers of the task."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from isomorph.errors import InputError, ModelExists
from isomorph.machine.cpu import effective_cpus
from isomorph.plugins.discovery import installed
from isomorph.resolve.archive import cache_root
from isomorph.version import __version__
from isomorph_bench.made import code
from isomorph_bench.order import ALL, STORED, Order
from isomorph_bench.race import contenders
from isomorph_bench.race.contenders import Contender, Peer

Say = Callable[[str], None]


def entrants(order: Order, folder: Path, task: str, say: Say) -> list[Contender]:
    """Everybody who races; who cannot is among them and says why.

    Raises:
        InputError: there is no backend or peer of a name.
    """
    backends = backends_of(order.backends)
    check_cores(order.cores)
    ours: list[Contender] = []
    for weights in order.weights:
        stored = "" if weights == STORED else weights
        place = quantized(folder, stored, backends[0], say) if stored else folder
        for cpus in order.cores or (None,):
            ours += contenders.ours(
                str(place), backends, task, device=order.device, weights=stored, cpus=cpus
            )
    known = contenders.read_peers()
    chosen = peers_of(order.against, known, task)
    if chosen:
        say("the peers' own model folders, where they are not there yet")
    theirs = [contenders.entered(peer, str(folder), known, order.device, task) for peer in chosen]
    for absent in (peer.absent for peer in theirs if peer.absent):
        say(f"not raced: {absent}")
    return [*ours, *theirs]


def backends_of(names: Sequence[str]) -> list[str]:
    """The backends of these names; none stands for all that are installed but the reference.

    Raises:
        InputError: there is none of a name.
    """
    known = [info.name for info in installed().infos]
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"There is no backend {unknown[0]!r}; there are: {', '.join(known)}.")
    return list(names) or [info.name for info in installed().infos if not info.fallback]


def check_cores(cores: Sequence[int]) -> None:
    """Refuses numbers of CPUs that no process can be held to here.

    Raises:
        InputError: says why.
    """
    if not cores:
        return
    if not hasattr(os, "sched_setaffinity"):
        raise InputError("This system holds no process to some of its CPUs, which --cores needs.")
    there = effective_cpus()
    if wrong := [each for each in cores if not 1 <= each <= there]:
        raise InputError(f"There are {there} CPUs here, and --cores asks for {wrong[0]}.")


def peers_of(names: Sequence[str], known: dict[str, Peer], task: str) -> list[Peer]:
    """The peers of these names, of files or of libraries, that know a task; ``"all"`` is all of these.

    Raises:
        InputError: there is none of a name for this task.
    """
    able = {name: peer for name, peer in known.items() if task in peer.tasks}
    found: dict[str, Peer] = {}
    for name in names:
        begin = name.replace("-", "_")
        fitting = {key: peer for key, peer in able.items() if name == ALL or key.startswith(begin)}
        if not fitting and name != ALL:
            raise InputError(
                f"There is no peer {name!r} for the task {task!r}; there are: {', '.join(able) or 'none'}."
            )
        found |= fitting
    return list(found.values())


def quantized(folder: Path, weights: str, backend: str, say: Say) -> Path:
    """A folder with the model's weights in this type, made where it is not there yet."""
    from isomorph import quantize
    from isomorph.files import codes
    from isomorph.files import quantized as format_of_codes

    formats = [Path(str(module.__file__)) for module in (codes, format_of_codes)]
    made_by = f"{__version__}-{code(Path(quantize.__file__).parent, *formats)}"
    called = f"{folder.name}-{contenders.content(folder)}-{weights}-{made_by}"
    target = cache_root() / "bench" / called
    if not target.is_dir():
        say(f"{weights} weights of {folder.name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            quantize.quantize_model(folder, weights, backend=backend, output=target)
        except ModelExists:  # another program was faster
            if not target.is_dir():
                raise
    return target
