"""The one door for calls into a backend: an answer of the contract, or an error that names the plugin."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter, getattr_static, signature

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Backend,
    BackendInfo,
    Claim,
    Device,
    Model,
    Options,
    Session,
    SessionInfo,
)
from isomorph.errors import BackendFailed, ContractError, Unsupported
from isomorph.machine.foreign import is_the_callers, telling
from isomorph.messages.shown import shown
from isomorph.plugins.claimed import wrong_claim
from isomorph.plugins.records import misfit

_OF_A_SESSION = ("effective", "native", "forward", "save", "close")
"""Looked up without running anything: ``isinstance`` would compute the properties."""
OWN_OPTIONS = ("dtype", "file_name", "output_name")
"""The keys of ``model_kwargs`` that core reads for every backend."""
_PLACED = Parameter.POSITIONAL_OR_KEYWORD


def told(cause: BaseException, info: BackendInfo, call: str, device: object = "") -> BaseException:
    """What to raise in place of an exception that left `call`, such as ``"forward"``."""
    if is_the_callers(cause):
        return cause
    return BackendFailed(info.name, info.distribution, call, cause, str(device))


def asking(info: BackendInfo, call: str, device: object = "") -> telling:
    """``with asking(info, "save"):`` around a call into a backend.

    Raises:
        BackendFailed: an exception left the call that the contract does not name.
    """
    return telling(lambda cause: told(cause, info, call, device))


def of_type(effective: object, info: BackendInfo) -> SessionInfo:
    """What a session says that it runs with.

    Raises:
        ContractError: it is no `SessionInfo`, or a field of it has another type.
    """
    if not isinstance(effective, SessionInfo):
        kind = type(effective).__name__
        law = f"effective of its session is a {kind} in place of a SessionInfo"
        raise ContractError(info.name, info.distribution, law)
    wrong = misfit(effective)
    if wrong:
        raise ContractError(info.name, info.distribution, f"its session's {wrong}")
    return effective


def refuse_unknown_options(info: BackendInfo, asked: Asked) -> None:
    """Refuses keys of ``model_kwargs`` that a backend does not list among its options.

    Raises:
        Unsupported: names them, and those that there are.
    """
    if info.options is None:
        return
    unknown = sorted(str(key) for key in asked.model_kwargs if key not in info.options)
    if unknown:
        raise Unsupported(
            f"model_kwargs {shown(', '.join(unknown))} have no effect on backend {info.name!r}; known: "
            f"{', '.join((*OWN_OPTIONS, *info.options))}."
        )


def takes_asked(backend: Backend) -> bool:
    """Whether ``claim`` has the third argument, which contract 1 did not have."""
    try:
        parameters = signature(backend.claim).parameters.values()
    except (TypeError, ValueError):  # written in another language, and silent about it
        return True
    kinds = [each.kind for each in parameters]
    return kinds.count(_PLACED) > 2 or Parameter.VAR_POSITIONAL in kinds


class Guarded:
    """A backend behind the door; it asks, and judges the types of the answers."""

    def __init__(self, info: BackendInfo, backend: object) -> None:
        """Takes what the target of `info` made.

        Raises:
            ContractError: the object lacks a method of `Backend`.
        """
        if not isinstance(backend, Backend):
            raise ContractError(
                info.name, info.distribution, f"{info.target} lacks a method of Backend"
            )
        self._info = info
        self._backend = backend
        self._takes_asked = takes_asked(backend)

    @property
    def unguarded(self) -> Backend:
        """The plugin's own object."""
        return self._backend

    def devices(self) -> Sequence[Device]:
        """The devices of the backend, best first.

        Raises:
            BackendFailed, ContractError: the backend raised, or gave no devices.
        """
        with asking(self._info, "devices"):
            found: object = self._backend.devices()
            listed = (
                list(found) if isinstance(found, Sequence) and not isinstance(found, str) else None
            )
        if listed is None or not all(isinstance(device, Device) for device in listed):
            raise self._broken(f"devices() gives {shown(found)}, which is no sequence of Device")
        return listed

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """The backend's claim for a model.

        Raises:
            BackendFailed, ContractError: the backend raised, or gave no claim for this device.
            Unsupported: an option of `asked` is none of the backend's, or the backend refused it.
        """
        refuse_unknown_options(self._info, asked)
        more = (asked,) if self._takes_asked else ()
        with asking(self._info, "claim", device):
            claim: object = self._backend.claim(model, device, *more)
        if not isinstance(claim, Claim):
            raise self._broken(f"claim() gives a {type(claim).__name__} in place of a Claim")
        wrong = wrong_claim(claim, model, device)
        if wrong:
            raise self._broken(wrong)
        return claim

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """A session of the backend.

        Raises:
            BackendFailed, ContractError: the backend raised, or gave no session.
        """
        with asking(self._info, "load", claim.device):
            session = self._backend.load(model, claim, options)
        lacking = [name for name in _OF_A_SESSION if getattr_static(session, name, None) is None]
        if lacking:
            kind = type(session).__name__
            raise self._broken(
                f"load() gives a {kind}, which lacks {', '.join(lacking)} of Session"
            )
        return session

    def _broken(self, law: str) -> ContractError:
        return ContractError(self._info.name, self._info.distribution, law)
