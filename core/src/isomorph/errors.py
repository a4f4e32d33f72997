"""Every error that isomorph raises on purpose.

    IsomorphError
    ├─ ModelError         ModelNotFound · NotAFolder · UnknownFormat · BadModel · ModelChanged
    │                     AmbiguousHead · AccessDenied · HubUnavailable · ModelExists
    ├─ BackendError       BackendNotFound · BackendUnavailable · AmbiguousBackend · PluginFailed
    │                     DeviceUnavailable · EngineConflict · ExportFailed
    ├─ Unsupported        a thing was asked that this model or backend cannot do, and why
    ├─ InputError         what was passed to a call cannot be used, and what can
    ├─ PoolBroken         a worker of a pool ended, or the pool was stopped
    ├─ WorkerFailed       a worker raised what cannot be sent as it is
    └─ ContractError      a plugin broke its promise

A message names what was asked, what there is, and what to do. `InputError` is also a `ValueError`
and `ModelNotFound` a `FileNotFoundError`, so that code written for other libraries still catches
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LONGEST = 2_000
"""Characters of a message: files may hold names of any length."""


class IsomorphError(Exception):
    """Base of every error that isomorph raises on purpose.

    Any of them can be pickled, also one that makes its message of several arguments.
    """

    def __str__(self) -> str:
        """The message; of a long one, which quotes a file at length, the beginning and the end."""
        said = super().__str__()
        if len(said) <= _LONGEST:
            return said
        return f"{said[: _LONGEST * 3 // 4]} … {said[-_LONGEST // 5 :]}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args), self.__dict__


class ModelError(IsomorphError):
    """The model folder is missing, unreadable or contradictory."""


class ModelNotFound(ModelError, FileNotFoundError):
    """No model under this name, in any of the places that were tried."""


class NotAFolder(ModelNotFound, NotADirectoryError):
    """The name is that of a file, and a model is a folder."""


class AccessDenied(ModelError, PermissionError):
    """The model exists or may exist, but not for who asked: gated, private, or a bad token."""


class HubUnavailable(ModelError, ConnectionError):
    """The Hub could not be reached or would not answer now; asking again later may succeed."""


class ModelExists(ModelError, FileExistsError):
    """A new model was to be made under a name that is taken."""


class UnknownFormat(ModelError):
    """The folder holds a format, a module type or an architecture that nobody here can read."""


class BadModel(ModelError, ValueError):
    """The folder is of a known format but damaged, contradictory or unsafe."""


class ModelChanged(BadModel):
    """A file of the folder is no longer the one that was read; two models would be mixed."""


class AmbiguousHead(ModelError):
    """The folder does not say how token vectors become one vector, and guessing would be silent."""


class BackendError(IsomorphError):
    """A backend cannot be chosen, loaded or put on a device."""


class BackendNotFound(BackendError, ValueError):
    """No installed backend has this name."""

    def __init__(self, name: str, installed: Sequence[str], hint: str = "") -> None:
        there = ", ".join(installed) if installed else "none"
        super().__init__(
            f"Backend {name!r} was asked for, but the installed backends are: {there}. {hint}".strip()
        )
        self.name = name
        self.installed = tuple(installed)


class BackendUnavailable(BackendError):
    """The plugin is installed, but what it runs on is not, or does not work here."""

    def __init__(self, name: str, why: str, install: str = "") -> None:
        way_out = f" Run: {install}" if install else ""
        super().__init__(f"Backend {name!r} cannot run here: {why}.{way_out}")
        self.name = name
        self.why = why
        self.install = install


class AmbiguousBackend(BackendError):
    """Two installed distributions offer a backend of one name."""

    def __init__(self, name: str, distributions: Sequence[str]) -> None:
        listed = " and ".join(distributions)
        super().__init__(
            f"Backend {name!r} is offered by {listed}. Uninstall all but one of them: "
            f"pip uninstall {distributions[-1].partition(' ')[0]}"
        )
        self.name = name
        self.distributions = tuple(distributions)


class PluginFailed(BackendError):
    """A plugin raised while it was imported or asked what it offers."""

    def __init__(self, name: str, distribution: str, cause: BaseException) -> None:
        super().__init__(
            f"Plugin {name!r} of {distribution} failed to load: "
            f"{type(cause).__name__}: {cause}. "
            f"Repair or remove it: pip uninstall {distribution.partition(' ')[0]}"
        )
        self.name = name
        self.distribution = distribution
        self.cause = cause


class DeviceUnavailable(BackendError, ValueError):
    """The asked-for device is not there, or the engine would silently have used another one."""

    def __init__(self, device: str, backend: str, devices: Sequence[str], why: str = "") -> None:
        reason = f" ({why})" if why else ""
        there = ", ".join(devices) if devices else "none"
        super().__init__(
            f"Device {device!r} was asked for, but backend {backend!r} has: {there}{reason}."
        )
        self.device = device
        self.backend = backend
        self.devices = tuple(devices)


class EngineConflict(BackendError):
    """Two installed distributions own the same import package, so neither can be trusted."""

    def __init__(self, package: str, distributions: Sequence[str], fix: str) -> None:
        listed = " and ".join(distributions)
        super().__init__(
            f"{listed} are both installed and overwrite each other in the package {package!r}; "
            f"which of them runs is chance. Run: {fix}"
        )
        self.package = package
        self.distributions = tuple(distributions)


class ExportFailed(BackendError):
    """An artifact could not be made, or did not give the numbers of its source: none is published."""

    def __init__(self, backend: str, why: str, install: str = "") -> None:
        way_out = f" Run: {install}" if install else ""
        super().__init__(f"Nothing was exported for backend {backend!r}: {why}.{way_out}")
        self.backend = backend
        self.why = why
        self.install = install


class Unsupported(IsomorphError, NotImplementedError):
    """A known thing that this model or this backend cannot do. The message carries the reason."""


class InputError(IsomorphError, ValueError):
    """An argument of a call cannot be used. Raised before any forward."""


class TruncationWarning(UserWarning):
    """Inputs of a call were longer than the model takes, and were cut."""


class UnprovenCache(UserWarning):
    """A model came from a Hub cache that does not say whether it is whole; names what it may lack."""


class NotFiniteWarning(UserWarning):
    """Results of a call hold numbers that are not finite; the message says of which inputs."""


class SettingIgnored(UserWarning):
    """Two files of a model, or a file and an argument, say different things, and one of them is followed."""


class PoolingGuessed(UserWarning):
    """A folder does not say how to pool, and was loaded as sentence-transformers loads it."""


class PoolBroken(IsomorphError, RuntimeError):
    """A worker process ended before it had answered, or the pool was stopped."""


class WorkerFailed(IsomorphError, RuntimeError):
    """A worker process raised an exception whose own type cannot be sent; the message names it."""


class ContractError(IsomorphError):
    """A backend did not keep its promise. Names the backend, with distribution and version."""

    def __init__(self, backend: str, distribution: str, law: str) -> None:
        super().__init__(
            f"Backend {backend!r} ({distribution}) broke the contract: {law}. "
            "This is a defect of that plugin; report it to its authors."
        )
        self.backend = backend
        self.distribution = distribution
        self.law = law


def _again(kind: type[IsomorphError], args: tuple[Any, ...]) -> IsomorphError:
    """An error with the message that it had, whatever its class makes of arguments."""
    error = kind.__new__(kind)
    error.args = args
    return error
