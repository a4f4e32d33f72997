"""Every error that isomorph raises on purpose.

    IsomorphError
    ├─ ModelError         ModelNotFound · NotAFolder · UnknownFormat · BadModel · ModelChanged
    │                     AmbiguousHead · AccessDenied · HubUnavailable · ModelExists
    ├─ BackendError       BackendNotFound · BackendUnavailable · AmbiguousBackend · AmbiguousKind
    │                     PluginFailed · BackendFailed · DeviceUnavailable · EngineConflict · ExportFailed
    │                     OutOfMemory
    ├─ Unsupported        the model or the backend cannot do what was asked
    ├─ InputError         a call got an argument that it cannot use
    ├─ Overloaded         too many calls are under way; a later try may succeed
    ├─ PoolBroken         a worker of a pool ended, or the pool was stopped
    ├─ WorkerFailed       a worker raised an exception that cannot be pickled
    └─ ContractError      a plugin broke its promise

A message says what was asked, what there is, and what to do. Many errors have a second base for code
that was written for other libraries: `InputError` is a `ValueError`, `ModelNotFound` a `FileNotFoundError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isomorph.messages.shown import cause_shown

_LONGEST = 2_000
"""Characters of a message. Files may hold names of any length."""


class IsomorphError(Exception):
    """Base of every error that isomorph raises on purpose. All of them can be pickled."""

    def __str__(self) -> str:
        """The message. A message that quotes a file at length keeps only its beginning and its end."""
        said = super().__str__()
        if len(said) <= _LONGEST:
            return said
        return f"{said[: _LONGEST * 3 // 4]} … {said[-_LONGEST // 5 :]}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args), self.__dict__


class ModelError(IsomorphError):
    """The model folder is missing, unreadable or contradictory."""


class ModelNotFound(ModelError, FileNotFoundError):
    """No model has this name in any of the places where isomorph looked."""


class NotAFolder(ModelNotFound, NotADirectoryError):
    """The name belongs to a file, but a model is a folder."""


class AccessDenied(ModelError, PermissionError):
    """The model is gated or private, or the token is wrong, so this user may not read the model."""


class HubUnavailable(ModelError, ConnectionError):
    """The Hub could not be reached, or refused to answer now. A later try may succeed."""


class ModelExists(ModelError, FileExistsError):
    """A new model cannot take this name, because another model has it."""


class UnknownFormat(ModelError, ValueError):
    """Core and the installed plugins cannot read this format, kind of module or architecture."""


class BadModel(ModelError, ValueError):
    """The model folder has a known format, but is damaged, contradictory or unsafe."""


class ModelChanged(BadModel):
    """A file of the model folder changed after it was read. Going on would mix two models."""


class AmbiguousHead(ModelError):
    """The model folder does not say how token vectors become one vector. isomorph does not guess."""


class BackendError(IsomorphError):
    """isomorph cannot choose a backend, load it, or put it on a device."""


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
    """The plugin is installed, but its engine is missing or does not work on this machine.

    The argument `install` names requirements, as `BackendInfo.install` does. The attribute `install`
    is the command that installs them, for the way isomorph itself was installed.
    """

    def __init__(self, name: str, why: str, install: str = "") -> None:
        self.install = _command(install)
        way_out = f" Run: {self.install}" if install else ""
        super().__init__(f"Backend {name!r} cannot run here: {why}.{way_out}")
        self.name = name
        self.why = why


class AmbiguousBackend(BackendError):
    """Two installed distributions offer a backend of the same name; `what` is "Backend", or what else."""

    def __init__(self, name: str, distributions: Sequence[str], what: str = "Backend") -> None:
        listed = " and ".join(distributions)
        super().__init__(
            f"{what} {name!r} is offered by {listed}. Uninstall all but one of them: "
            f"pip uninstall {distributions[-1].partition(' ')[0]}"
        )
        self.name = name
        self.distributions = tuple(distributions)


class AmbiguousKind(BackendError):
    """Two installed distributions offer a kind of module of the same name, or for the same class."""

    def __init__(self, name: str, distributions: Sequence[str]) -> None:
        super().__init__(
            f"The kind of module {name!r} is offered by {' and by '.join(distributions)}. "
            f"Uninstall all but one of them: pip uninstall {distributions[-1].partition(' ')[0]}"
        )
        self.name = name
        self.distributions = tuple(distributions)


class PluginFailed(BackendError):
    """A plugin raised an exception during its import, or in one of its hooks.

    The argument `where` names a hook, or is "" for the import; `advice` replaces the usual one.
    """

    def __init__(
        self,
        name: str,
        distribution: str,
        cause: BaseException,
        where: str = "",
        *,
        advice: str = "",
    ) -> None:
        remove = f"Repair or remove it: pip uninstall {distribution.partition(' ')[0]}"
        super().__init__(
            f"Plugin {name!r} of {distribution} failed {f'in {where}' if where else 'to load'}: "
            f"{cause_shown(cause)}. {advice or remove}"
        )
        self.name = name
        self.distribution = distribution
        self.cause = cause


class BackendFailed(BackendError, RuntimeError):
    """A backend raised an exception that the contract does not name. The exception is the ``__cause__``."""

    def __init__(
        self, name: str, distribution: str, call: str, cause: BaseException, device: str = ""
    ) -> None:
        place = f" on {device}" if device else ""
        super().__init__(
            f"Backend {name!r} ({distribution or 'unknown'}) failed in {call}{place}: "
            f"{cause_shown(cause)}. The fault lies in that plugin or in its engine, and its "
            "authors want to know of it; another backend may run the model: backend=..."
        )
        self.name = name
        self.distribution = distribution
        self.call = call
        self.device = device


class OutOfMemory(BackendError, MemoryError):
    """A device has not enough memory for a model or a forward.

    After a forward core asks for fewer rows at once. The caller sees the error when a single row is too
    much.
    """


class DeviceUnavailable(BackendError, ValueError):
    """The machine lacks the asked-for device, or the engine used another device instead."""

    def __init__(self, device: str, backend: str, devices: Sequence[str], why: str = "") -> None:
        reason = f" ({why})" if why else ""
        there = ", ".join(devices) if devices else "none"
        who = f"backend {backend!r} has"
        if ", " in backend:  # an automatic choice asked several
            who = f"the backends {backend} have"
        super().__init__(
            f"Device {device!r} was asked for, but {who}: {there}{reason}. "
            "Run 'isomorph backends' to see the devices of each."
        )
        self.device = device
        self.backend = backend
        self.devices = tuple(devices)


class EngineConflict(BackendError):
    """Two installed distributions overwrite each other's files in one import package."""

    def __init__(self, package: str, distributions: Sequence[str], fix: str) -> None:
        listed = " and ".join(distributions)
        super().__init__(
            f"{listed} are both installed and overwrite each other in the package {package!r}; "
            f"which of them runs is chance. Run: {fix}"
        )
        self.package = package
        self.distributions = tuple(distributions)


class ExportFailed(BackendError):
    """The exporter failed, or its artifact gives other numbers than the source. Nothing was published."""

    def __init__(self, backend: str, why: str, install: str = "") -> None:
        self.install = _command(install)
        way_out = f" Run: {self.install}" if install else ""
        super().__init__(f"Nothing was exported for backend {backend!r}: {why}.{way_out}")
        self.backend = backend
        self.why = why


class NotQuantized(IsomorphError):
    """A quantised model loses more than was allowed. Nothing was published."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Nothing was published: {why}")
        self.why = why


class Unsupported(IsomorphError, NotImplementedError):
    """The model or the backend cannot do what was asked. The message gives the reason."""


class InputError(IsomorphError, ValueError):
    """A call got an argument that it cannot use. Raised before any forward."""


class TruncationWarning(UserWarning):
    """A call truncated inputs that are longer than the model's limit."""


class UnprovenCache(UserWarning):
    """A model came from a Hub cache that may lack files. The message names them."""


class NotFiniteWarning(UserWarning):
    """Results of a call hold NaN or infinity. The message says for which inputs."""


class BadInputWarning(UserWarning):
    """A call with ``on_bad_input="nan"`` got inputs that it cannot use. The message says which."""


class SettingIgnored(UserWarning):
    """Two files of a model, or a file and an argument, disagree. The message says which of them counts."""


class PassedOver(UserWarning):
    """A plugin does not work, or no engine takes a model. The message says which, and why."""


class PoolingGuessed(UserWarning):
    """A model folder does not say how to pool. isomorph pools as sentence-transformers does."""


class Overloaded(IsomorphError, RuntimeError):
    """As many calls are under way as may be. This one did not begin, and a later try may succeed."""


class PoolBroken(IsomorphError, RuntimeError):
    """A worker process ended before its answer, or the pool was stopped."""


class WorkerFailed(IsomorphError, RuntimeError):
    """A worker process raised an exception that cannot be pickled. The message names its type."""


class ContractError(IsomorphError):
    """A backend broke the contract. The message names its distribution and version."""

    def __init__(self, backend: str, distribution: str, law: str) -> None:
        super().__init__(
            f"Backend {backend!r} ({distribution}) broke the contract: {law}. "
            "This is a defect of that plugin; report it to its authors."
        )
        self.backend = backend
        self.distribution = distribution
        self.law = law


def _command(wanted: str) -> str:
    """The command that installs requirements, or "" where there are none."""
    if not wanted:
        return ""
    from isomorph.messages.install import (
        install_command,
    )  # every start imports errors; few need this

    return install_command(wanted)


def _again(kind: type[IsomorphError], args: tuple[Any, ...]) -> IsomorphError:
    """The unpickled error, with its old message. The class builds no new message from its arguments."""
    error = kind.__new__(kind)
    error.args = args
    return error
