"""What a plugin says about its backends, exporters and commands without importing an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What a plugin says about a backend without importing its engine."""

    name: str
    """Required, such as ``"acme"``. The name that users pass as ``backend=``."""
    target: str
    """Required, such as ``"package.module:Class"``. Core imports the class at the first use."""
    _: KW_ONLY
    summary: str = ""
    """Default ``""``. What the backend runs, and where, in one line for ``isomorph backends``."""
    requires: tuple[str, ...] = ()
    """Default ``()``; for example ``("acme_runtime",)``. The import names of the engine."""
    install: str = ""
    """Default ``""``; for example ``"isomorph-acme[cpu]"``. The requirements that bring the engine.

    Errors make a ``pip install`` of them. Several requirements, and options of pip, stand apart by spaces.
    """
    priority: int = 0
    """Default 0. Among backends that claim as much on as good a device, core takes the highest.

    Users overrule this number by ``ISOMORPH_PREFER``.
    """
    fallback: bool = False
    """Default False. Whether core chooses this backend only where no other claims a single module."""
    only_named: bool = False
    """Default False. Whether core takes this backend only where somebody names it, never by itself.

    For a backend that sends inputs to another machine.
    """
    artifacts: tuple[str, ...] = ()
    """Default ``()``; for example ``("acme/*.bin",)``. Patterns of files that sessions save.

    The files lie in the model folder, beside the weights. A backend that saves the weights
    themselves, or nothing, has none.
    """
    attributes: tuple[str, ...] = ()
    """Default ``()``; for example ``("acme_graph",)``. All names that a session's `native` may have.

    With them core knows without loading a model that the model has no such attribute.
    """
    options: Mapping[str, str] | None = field(default=None, hash=False)
    """Default None; for example ``{"cores": "how many cores a model takes"}``. All keys of `model_kwargs`.

    Core refuses a key without an entry here, and ``isomorph backends`` lists the entries. With None the
    backend refuses keys itself, because only the model tells which ones there are.
    """
    one_process: bool = False
    """Default False. Whether one process must hold all devices, as some runtimes insist on.

    A call for several devices then runs in threads of this process, instead of worker processes.
    """
    configures: bool = False
    """Default False. Whether sessions follow `Options.config_kwargs`.

    Core refuses them for any other backend.
    """
    distribution: str = ""
    """Default ``""``; discovery sets ``"isomorph-acme 1.0"``. The installed distribution and its version."""


@dataclass(frozen=True, slots=True)
class ExporterInfo:
    """What a plugin says about an exporter, for models that its backend cannot lower."""

    name: str
    """Required, such as ``"acme"``. The backend that will run the artifact."""
    target: str
    """Required, such as ``"package.module:function"``. Core imports this `Exporter` at the first use."""
    _: KW_ONLY
    source: str
    """Required, such as ``"reference"``. The backend whose live model the exporter reads."""
    requires: tuple[str, ...] = ()
    """Default ``()``; for example ``("acme_compiler",)``. The import names that the exporter needs."""
    install: str = ""
    """Default ``""``; for example ``"isomorph-acme[export]"``. The requirements that bring them."""
    distribution: str = ""
    """Default ``""``; discovery sets ``"isomorph-acme 1.0"``. The installed distribution and its version."""


@dataclass(frozen=True, slots=True)
class CommandInfo:
    """What a plugin says about a command that it adds to ``isomorph``."""

    name: str
    """Required, such as ``"acme-report"``. The word behind ``isomorph``; core's own commands come first."""
    target: str
    """Required, such as ``"package.module:function"``. A function that Typer reads, or a ``Typer``."""
    _: KW_ONLY
    summary: str = ""
    """Default ``""``. What the command does, in one line for ``isomorph --help``."""
    requires: tuple[str, ...] = ()
    """Default ``()``; for example ``("acme_runtime",)``. The import names that the command needs."""
    install: str = ""
    """Default ``""``; for example ``"isomorph-acme[report]"``. The requirements that bring them."""
    distribution: str = ""
    """Default ``""``; discovery sets ``"isomorph-acme 1.0"``. The installed distribution and its version."""
