"""The laws about what a backend says before it loads anything.

Each function is one law. It raises `LawBroken` with the reason, or returns.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from unittest import mock

from isomorph.contract import Backend, Claim, Device, Model, Tensor
from isomorph.errors import BackendUnavailable
from isomorph.plugins.claimed import wrong_batches
from isomorph.plugins.quiet import looked
from isomorph.plugins.reading import read_model
from isomorph.plugins.records import misfit
from isomorph.testing.compare import LawBroken, require
from isomorph.testing.models import catalogue
from isomorph.testing.subject import Subject


def quiet(plugin_modules: Sequence[str], engines: Iterable[str]) -> None:
    """Importing a plugin's modules, in a fresh process, imports no engine and changes nothing of the process.

    Everybody who loads any model imports them, whichever backend runs.
    """
    found = looked(plugin_modules, engines)
    names = " and ".join(plugin_modules)
    require(not found.failure, f"importing {names} fails:\n{found.failure}")
    engine = ", ".join(found.engines)
    require(
        not found.engines,
        f"importing {names} imports {engine}; import it inside the backend's methods",
    )
    require(
        not found.changed,
        f"importing {names} changes {', '.join(found.changed)}, for every model of every backend; do it in "
        "`load`, or leave it to the user",
    )


def devices(construct: Callable[[], Backend]) -> None:
    """There are devices, or `BackendUnavailable` says why not and how to install what is missing."""
    try:
        backend = construct()
        require(isinstance(backend, Backend), f"{type(backend).__name__} lacks a method of Backend")
        found = backend.devices()
    except BackendUnavailable as refusal:
        require(refusal.why, "BackendUnavailable says no reason")
        require(refusal.install, "BackendUnavailable says no command that installs the engine")
        whole = refusal.install.startswith("pip install pip ")
        require(not whole, "install holds a whole command; requirements are enough")
        raise
    require(found, "devices() is empty; raise BackendUnavailable with the reason instead")
    require(len(set(found)) == len(found), f"devices() lists a device twice: {found}")
    for device in found:
        require(isinstance(device, Device), f"{device!r} is not a Device")
        again = Device.parse(str(device))
        require(again == device, f"{device!r} is written {str(device)!r}, which reads {again!r}")


def honest_claim(subject: Subject, name: str) -> None:
    """0 <= depth <= n, the asked-for device, at least one lane, a reason exactly where it stops."""
    claim = subject.claim(name)
    length = len(subject.case(name).model.graph)
    require(isinstance(claim, Claim), f"claim() returned {type(claim).__name__}")
    require(0 <= claim.depth <= length, f"model {name!r}: claims {claim.depth} of {length} modules")
    require(
        claim.device == subject.device,
        f"model {name!r}: asked for {subject.device}, claims {claim.device}",
    )
    require(claim.lanes >= 1, f"model {name!r}: claims {claim.lanes} lanes")
    wrong = misfit(claim)
    require(not wrong, f"model {name!r}: the claim's {wrong}")
    wrong = wrong_batches(claim, subject.case(name).model.graph.ragged and bool(claim.depth))
    require(not wrong, f"model {name!r}: claims {wrong}")
    if claim.depth < length:
        require(claim.reason.strip(), f"model {name!r}: stops at {claim.depth} without a reason")
    else:
        require(not claim.reason, f"model {name!r}: claims everything, yet stops: {claim.reason!r}")
    if subject.device.kind == "cpu":
        for what, claimed in (("arithmetic", claim.arithmetic), ("weights", _own_weights(claim))):
            require(
                claimed in ("float32", "float64", subject.asked.arithmetic),
                f"model {name!r}: {what} {claimed} on a CPU, where nobody asked for less than float32",
            )


def _own_weights(claim: Claim) -> str:
    """In what the backend would store the folder's weights; those of an artifact are as they are."""
    return "float32" if claim.artifact or claim.weights is None else claim.weights


def pure_claim(subject: Subject, name: str) -> None:
    """The same question gets the same answer, whatever was asked in between."""
    model = subject.case(name).model
    first = subject.claim_of(model)
    other = next(n for n in catalogue() if n != name)
    subject.claim_of(subject.case(other).model)
    again = subject.claim_of(model)
    fresh = subject.claim_of(read_model(model.folder))
    for claim in (again, fresh):
        require(claim == first, f"model {name!r}: claims {first}, then {claim}")


def monotone_claim(subject: Subject, name: str) -> None:
    """Of the first j modules it claims as many as it does of all of them, but at most j."""
    model = subject.case(name).model
    full = subject.claim(name).depth
    least = full if subject.claim(name).artifact is None else 0  # a file holds what it holds
    for length in range(1, len(model.graph) + 1):
        depth = subject.claim_of(model.prefix(length)).depth
        require(
            min(length, least) <= depth <= length,
            f"model {name!r}: claims {full} modules of all, but {depth} of the first {length}",
        )


def claim_reads_no_weights(subject: Subject, name: str, folder: Path) -> None:
    """A claim is made from names, types and shapes: the weight files may as well be empty."""
    copy = shutil.copytree(subject.case(name).model.folder, folder / name)
    model = read_model(copy)
    for file in _weight_files(model):
        file.write_bytes(b"")
    model.files.renew()  # to ask whether the files are there is no reading
    refuse = LawBroken(f"model {name!r}: claim() reads a tensor")
    with mock.patch.object(Tensor, "raw", side_effect=refuse):
        claim = subject.claim_of(model)
    require(
        claim.depth == subject.claim(name).depth,
        f"model {name!r}: claims {subject.claim(name).depth} modules, but {claim.depth} once the "
        f"weight files are empty ({claim.reason}); claim() must not open them",
    )


def not_vacuous(subject: Subject) -> None:
    """At least one module of one model is claimed; what is not claimed is not tested."""
    claimed = any(subject.claim(name).depth for name in catalogue())
    require(claimed, f"backend {subject.info.name!r} claims nothing, so nothing of it is tested")


def _weight_files(model: Model) -> set[Path]:
    return {tensor.file for tensors in model.tensors.values() for tensor in tensors.values()}
