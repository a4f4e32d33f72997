"""How a loaded model came to be, as data: enough to make it again in another process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isomorph.contract import Model, Module, Options
from isomorph.files.guard import reading
from isomorph.files.steady import steadily
from isomorph.machine.forks import WORK
from isomorph.model.routes import Route
from isomorph.resolve.request import Request
from isomorph.runtime.asked import model_with, options_from

if TYPE_CHECKING:
    from isomorph.runtime.routing import Routing

_OF_FILES = ("file_name", "output_name")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A resolved folder, and how the model in it is read and run; how calls use it is not part of it.

    A name of the Hub is its folder by now, so that loading again needs neither network nor token.
    ``read`` makes a model of the folder. ``files`` name a prebuilt file and its output, ``processor`` are the
    user's words on texts. ``changed`` are the chains of modules that are not as the folder says.
    ``request`` is how a base model that the folder names is found again, without network and token.
    ``tuned`` says that a kept choice named the backend, so that copies and workers follow its setting too.
    """

    folder: Path
    read: Callable[[Path], Model]
    options: Options
    strict: bool
    backend: str | None = None
    files: Mapping[str, Any] = field(default_factory=dict)
    processor: Mapping[str, Any] = field(default_factory=dict)
    changed: Mapping[Route, tuple[Module, ...]] = field(default_factory=dict)
    request: Request = field(default_factory=lambda: Request(local_files_only=True))
    tuned: bool = False

    @classmethod
    def of(
        cls,
        folder: Path,
        read: Callable[[Path], Model],
        *,
        backend: str | None,
        strict: bool,
        trust_remote_code: bool,
        model_kwargs: Mapping[str, Any] | None,
        processor_kwargs: Mapping[str, Any] | None,
        config_kwargs: Mapping[str, Any] | None,
        request: Request,
    ) -> Recipe:
        """Sorts what the user passed.

        Raises:
            InputError: a ``dtype`` that is none.
        """
        files = {name: value for name, value in (model_kwargs or {}).items() if name in _OF_FILES}
        options = options_from(model_kwargs, config_kwargs, trust_remote_code)
        return cls(
            folder,
            read,
            options,
            strict,
            backend,
            files,
            dict(processor_kwargs or {}),
            request=replace(request, token=None, local_files_only=True),
        )

    def in_arithmetic(self, name: str | None) -> Recipe:
        """The same model, computed in another arithmetic."""
        return replace(self, options=replace(self.options, arithmetic=name))

    def planned(self, device: str | None) -> Routing:
        """Reads the folder and plans who runs what; no weights are loaded.

        Raises:
            ModelError: the folder cannot be read.
            BackendError, DeviceUnavailable, Unsupported: no backend runs it as asked.
            InputError: an argument of the user cannot be used.
        """
        from isomorph.runtime.routing import Routing

        def planned() -> Routing:
            model = self._read()
            return Routing(model, self.backend, device, self.strict, self.options, self.tuned)

        with WORK():  # reading and planning import modules, engines among them
            return steadily(self.folder, planned, lambda found: found.main.model.files)

    def examined(self) -> Model:
        """Reads the folder and examines what is in it; no backend is asked.

        Raises:
            ModelError: the folder cannot be read.
            InputError: an argument of the user cannot be used.
        """
        with WORK():
            return steadily(self.folder, self._read, lambda found: found.files)

    def _read(self) -> Model:
        from isomorph.modules.trusting import trusting
        from isomorph.program.examine import examine

        with reading(self.folder):
            found = self.read(self.folder)
        found = trusting(found, self.options.trust_remote_code)
        model = model_with(found, self.files, self.processor)
        examine(model)
        return model
