"""Choosing a backend: argument > environment > automatic; whoever is passed over is told."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from isomorph.contract import NOTHING_ASKED, Asked, Backend, BackendInfo, Claim, Device, Model
from isomorph.errors import (
    BackendError,
    BackendFailed,
    BackendUnavailable,
    DeviceUnavailable,
    IsomorphError,
    ModelChanged,
    ModelError,
    PassedOver,
    PluginFailed,
    Unsupported,
)
from isomorph.messages.outside import warn_outside
from isomorph.plugins.discovery import Plugins, installed
from isomorph.runtime.plan import Plan, make_plan

AUTOMATIC = "auto"
"""In place of a backend's name: whoever is best, whatever ``ISOMORPH_BACKEND`` names."""
BACKEND_VARIABLE = "ISOMORPH_BACKEND"
"""Environment variable: the backend where the call names none."""
PREFER_VARIABLE = "ISOMORPH_PREFER"
"""Environment variable: backends, separated by commas, the best first, among those that claim as much."""


def choose(
    model: Model,
    backend: str | None = None,
    device: object = None,
    strict: bool = False,
    plugins: Plugins | None = None,
    asked: Asked = NOTHING_ASKED,
    is_tuned: bool = False,
) -> Plan:
    """The plan for a model.

    A backend named by the argument or by ``ISOMORPH_BACKEND`` is used or refused; `warn_of_numpy` tells of
    one that claims no module. Without a name, or with `AUTOMATIC`, a choice of ``isomorph tune`` is
    followed where it is for this device and nothing else is asked (`runtime/by_choice.py`). Else the longest
    claim wins, then accelerators before CPUs, then ``ISOMORPH_PREFER``, then the priority that a plugin
    states. A backend whose engine is missing or broken, or that cannot do what is `asked` or use the
    artifact that the user names, does not take part, and a fallback only where nobody else claims a module.

    The plan lists who was passed over; a plugin that is broken, and a fallback in place of engines, is a
    warning. With `is_tuned` a choice named the backend earlier, and its setting is followed too.

    Raises:
        BackendNotFound, BackendUnavailable, DeviceUnavailable, Unsupported
    """
    plugins = plugins or installed()
    name = None if backend == AUTOMATIC else backend or os.environ.get(BACKEND_VARIABLE) or None
    wanted = None if device is None else Device.of(device)
    if name:
        info = plugins.info(name)
        engine = plugins.backend(name)
        found = pick_device(info, engine, wanted)
        plan = make_plan(model, info, engine, Claim(found, 0), strict, asked)
        if not is_tuned:
            return plan
        from isomorph.runtime.by_choice import with_setting

        return with_setting(plan, plugins)
    from isomorph.runtime.by_choice import by_choice  # who names a backend has chosen

    followed = None if os.environ.get(PREFER_VARIABLE) else by_choice(model, wanted, plugins, asked)
    return followed or _automatic(model, wanted, strict, plugins, asked)


def warn_of_numpy(plan: Plan) -> None:
    """Warns where the backend that was named runs nothing, and numpy all of the model."""
    if not plan.claim.depth and not plan.info.fallback:
        warn_outside(
            f"{plan.info.name!r} runs no module of this model, so numpy does, much slower: "
            f"{plan.claim.reason}",
            PassedOver,
        )


def pick_device(info: BackendInfo, backend: Backend, wanted: Device | None) -> Device:
    """The asked-for device if the backend has it, else its best.

    Raises:
        DeviceUnavailable: it does not have it; names those it has.
    """
    devices: Sequence[Device] = backend.devices()
    if not devices:
        raise BackendUnavailable(info.name, "it reports no device")
    if wanted is None:
        return devices[0]
    if wanted not in devices:
        raise DeviceUnavailable(str(wanted), info.name, [str(device) for device in devices])
    return wanted


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A backend that takes part."""

    info: BackendInfo
    backend: Backend
    claim: Claim

    def rank(self, preferred: Sequence[str]) -> tuple[bool, int, bool, bool, int, int, str]:
        """The smallest is taken. The name decides between equals alone, which `_warn` then says."""
        name = self.info.name
        wish = preferred.index(name) if name in preferred else len(preferred)
        return (
            self.info.fallback or not self.claim.depth,
            -self.claim.depth,
            self.claim.device.kind == "cpu",
            self.info.fallback,
            wish,
            -self.info.priority,
            name,
        )


def _automatic(
    model: Model, wanted: Device | None, strict: bool, plugins: Plugins, asked: Asked
) -> Plan:
    candidates: list[_Candidate] = []
    refusals: dict[str, IsomorphError] = {failure.name: failure for failure in plugins.failed}
    refusals |= plugins.ambiguous
    for info in plugins.infos:
        if info.only_named:
            refusals[info.name] = Unsupported(f"nobody named it: backend={info.name!r}")
            continue
        try:
            backend = plugins.backend(info.name)
            claim = backend.claim(model, pick_device(info, backend, wanted), asked)
        except IsomorphError as refusal:
            if _is_of_the_user(refusal, model):
                raise
            refusals[info.name] = refusal
            continue
        candidates.append(_Candidate(info, backend, claim))
    if not candidates:
        raise _nobody(wanted, list(refusals.values()))
    preferred = [name.strip() for name in os.environ.get(PREFER_VARIABLE, "").split(",")]
    first, *others = sorted(candidates, key=lambda candidate: candidate.rank(preferred))
    try:
        plan = make_plan(model, first.info, first.backend, first.claim, strict, asked)
    except Unsupported as reason:
        more = "".join(_beyond(first.claim.reason, others))
        raise (Unsupported(f"{reason}{more}") if more else reason) from None
    over = {name: str(refusal) for name, refusal in refusals.items()}
    over |= {other.info.name: other.claim.reason for other in others if not other.claim.depth}
    _warn(first, others, refusals, preferred, _of_engines(over, first.info, plugins))
    return replace(plan, passed_over=tuple(sorted(over.items())))


def _is_of_the_user(refusal: IsomorphError, model: Model) -> bool:
    """Whether a refusal is about files that the user named or changed, so that nobody else would do."""
    return isinstance(refusal, ModelChanged) or (
        isinstance(refusal, ModelError) and model.artifact is not None
    )


def _beyond(said: str, others: Sequence[_Candidate]) -> Iterator[str]:
    """Of the reasons of other backends what `said` does not say: perhaps a file that one of them reads."""
    for other in others:
        reason = other.claim.reason
        rest = "" if reason in said else reason.removeprefix(said).removeprefix("; ")
        if rest:
            yield f"\n- {other.info.name}: {rest}"


def _of_engines(
    over: Mapping[str, str], first: BackendInfo, plugins: Plugins
) -> Iterator[tuple[str, str]]:
    """Of those who were passed over what is no fallback, where a fallback was chosen; in order."""
    fallbacks = {info.name for info in plugins.infos if info.fallback}
    if first.fallback:
        yield from sorted((name, why) for name, why in over.items() if name not in fallbacks)


def _warn(
    first: _Candidate,
    others: Sequence[_Candidate],
    refusals: Mapping[str, IsomorphError],
    preferred: Sequence[str],
    engines: Iterable[tuple[str, str]],
) -> None:
    """Warns of what no user expects: `engines` are those in whose place a fallback runs the model."""
    for name, refusal in refusals.items():
        is_named = isinstance(refusal, BackendError | Unsupported)
        if not is_named or isinstance(refusal, BackendFailed | PluginFailed):
            warn_outside(f"{name!r} was passed over. {refusal}", PassedOver)
    listed = "".join(f"\n- {name}: {why}" for name, why in engines)
    if listed:
        warn_outside(
            f"No engine runs this model, so {first.info.name!r} does, much slower:{listed}",
            PassedOver,
        )
    same = [
        other.info for other in others if other.rank(preferred)[:-1] == first.rank(preferred)[:-1]
    ]
    if same:
        names = ", ".join(repr(info.name) for info in same)
        warn_outside(
            f"{first.info.name!r} was chosen by its name alone: {names} would run this model too. Say "
            f"which: backend=..., or {PREFER_VARIABLE}.",
            PassedOver,
        )


def _nobody(wanted: Device | None, refusals: Sequence[Exception]) -> BackendError:
    """The error where no backend takes part: about the device if that was every backend's reason."""
    lacking = [refusal for refusal in refusals if isinstance(refusal, DeviceUnavailable)]
    if wanted is not None and lacking and len(lacking) == len(refusals):
        there = sorted({device for refusal in lacking for device in refusal.devices})
        names = ", ".join(refusal.backend for refusal in lacking)
        return DeviceUnavailable(str(wanted), names, there)
    why = "".join(f"\n- {refusal}" for refusal in refusals)
    return BackendUnavailable("automatic", f"no installed backend runs this model:{why}")
