"""The contract between core and a backend. Read this first.

A model is a chain of modules. A backend claims the longest prefix of it that it can run, core's
numpy kernels run the rest, and every cut gives the same numbers.

    Backend.devices()                       what there is to run on, best first
    Backend.claim(model, device)            how many leading modules run natively, and why not one more
    Backend.load(model, claim, options)     a Session for exactly these modules
    Session.forward(values)                 named arrays in, exactly the promised arrays out
    Session.save(folder)                    an artifact that a later claim on that folder picks up
    Session.close()                         after it forward raises

Nothing in these protocols is optional. What differs from backend to backend is data in the
`Claim`, and every "no" carries its reason. A backend module may import from `isomorph.contract`,
`isomorph.program`, `isomorph.hookspecs`, `isomorph.errors` and `isomorph.testing`; everything else
in core is private.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.files.tensor import Tensor
from isomorph.messages.shown import shown
from isomorph.model.graph import Graph, Module
from isomorph.model.model import Model

__all__ = [
    "Backend",
    "BackendInfo",
    "Claim",
    "CompileCache",
    "Device",
    "Exporter",
    "ExporterInfo",
    "Graph",
    "Model",
    "Module",
    "Options",
    "Session",
    "SessionInfo",
    "Tensor",
    "Values",
    "no_compile_cache",
]

Values = Mapping[str, NDArray[Any]]
"""What crosses the border: C-contiguous numpy arrays by name. Nobody writes into what was passed.

Padded feeds: ``input_ids``, ``attention_mask`` and ``token_type_ids``, int64 of shape (rows, width);
the mask is 1 on real tokens. ``prompt_length``, int64 of shape (rows,): leading tokens that belong
to a prompt and that pooling leaves out. Ragged feeds: ``input_ids``, int64 of shape (tokens,), and
``offsets``, int64 of shape (rows,), where each row starts. A graph lists the ones that it reads.
Results are float32: ``token_embeddings`` (rows, width, dim), ``sentence_embedding`` (rows, dim),
``scores`` (rows, labels). Core holds rows and width against the feeds at every forward, and the other
sizes against those of the forwards before. Ids of feeds lie in the tables of the model's weights; of
tables in an artifact only its backend knows.
"""

_DEVICE = re.compile(r"([a-z][a-z_]*)(?::([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """Something to run on, in one grammar for all backends: ``KIND`` or ``KIND:INDEX``."""

    kind: str
    index: int = 0

    @classmethod
    def parse(cls, text: str) -> Device:
        """Reads ``"cpu"``, ``"cuda"``, ``"cuda:1"``, …; no index means 0.

        Raises:
            InputError: the text does not follow the grammar.
        """
        match = _DEVICE.fullmatch(text.strip().lower())
        if match is None:
            raise InputError(
                f"Device {shown(text)} cannot be read. Write KIND or KIND:INDEX, such as 'cpu' or 'gpu:1'."
            )
        return cls(match[1], int(match[2] or 0))

    @classmethod
    def of(cls, value: object) -> Device:
        """A device itself, the text of one, or an object of any library that prints as one.

        Raises:
            InputError: it is none of these.
        """
        if isinstance(value, cls):
            return value
        word = value is None or isinstance(value, bool | bytes | type)  # these print as words
        try:
            return cls.parse("" if word else str(value))
        except Exception:  # the object's own code too
            raise InputError(
                f"Device {shown(value)} cannot be read. Write KIND or KIND:INDEX, such as 'cpu' or 'gpu:1'."
            ) from None

    def __str__(self) -> str:
        return self.kind if self.kind == "cpu" else f"{self.kind}:{self.index}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a backend promises for one model on one device, before anything is loaded."""

    device: Device
    depth: int
    """How many leading modules run natively."""
    reason: str = ""
    """Why not one module more; empty only when there is none."""
    precision: str = "float32"
    """What arithmetic is done in, or how the weights of `artifact` are stored where that is less."""
    lanes: int = 1
    """How many forwards may run at once."""
    artifact: Path | None = None
    """A prebuilt file in the model folder that is used instead of the weights."""
    batch_invariant: bool = False
    """Whether a row's numbers do not depend on its batch, to the last bit.

    Promised for forwards of one shape, all with some row padded or all without, at any place of the row and
    with any number of threads. Deterministic calls then run texts together; else each text runs alone.
    """
    latency: bool = False
    """Whether a forward of few texts is faster with one lane and all threads.

    Core then loads a second session for calls of few texts; else one session serves all calls.
    """
    memory_factor: float = 2.0
    """Bytes of memory that a forward takes for every byte of values that its primitives need at once.

    Engines fuse some primitives, and allocators keep free blocks.
    """
    max_shapes: int | None = None
    """How many different shapes of forwards core may leave to chance; None for any number.

    Behind that number core pads to a small lattice of buckets, for engines that keep memory for every shape.
    With 0 a session meets buckets only.
    """
    forks: bool = False
    """Whether a session goes on in a forked child of its process, because it has no threads of its own.

    Of other sessions a child loads new ones; it never touches those of its parent, not even to close them.
    """


class CompileCache(Protocol):
    """Keeps what an engine compiles, so that later processes need not compile it again."""

    def __call__(self, description: bytes, make: Callable[[Path], None], /) -> Path | None:
        """A folder with what `make` writes into it, made by this process or by an earlier one.

        `description` is what the compiled thing follows from: the graph, the engine with its version, and
        threads or lanes if they matter. Core adds the weights, the processor, the device, the precision
        and ``model_kwargs``. None where nothing is kept. What is in the folder may be gone or damaged: a
        backend that cannot load it compiles anew.
        """


def no_compile_cache(description: bytes, make: Callable[[Path], None], /) -> Path | None:
    """Never calls `make`."""
    return None


@dataclass(frozen=True, slots=True)
class Options:
    """What the user and core's CPU budget ask of a session.

    ``threads`` is the number of CPU threads that the session may keep busy in all, over all of its
    ``lanes`` concurrent forwards. ``arithmetic`` None means float32 on a CPU and the backend's choice
    elsewhere. ``model_kwargs``, ``config_kwargs`` are the user's, unread. ``trust_remote_code``
    allows a backend that can to run code from the model folder. ``compile_cache`` is for what takes long to
    compile and can be loaded again; a backend may leave it alone.
    """

    threads: int = 1
    lanes: int = 1
    arithmetic: str | None = None
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)
    config_kwargs: Mapping[str, Any] = field(default_factory=dict)
    trust_remote_code: bool = False
    compile_cache: CompileCache = no_compile_cache


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What a session really runs with, as its engine answers after loading.

    ``engine`` is name and version; ``provider`` the engine's own word for where it computes;
    ``artifact`` is the prebuilt file in use, None when the graph was made from the weights.
    ``unpadded`` says that nothing is computed for the padding of the feeds. ``budget`` is how many
    padded tokens a forward should have, 0 where core may choose.
    """

    device: Device
    engine: str
    provider: str
    precision: str
    threads: int
    lanes: int
    artifact: Path | None = None
    unpadded: bool = False
    budget: int = 0


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What a plugin says about a backend without importing its engine.

    ``target`` is ``"package.module:Class"`` and is imported only when the backend is used.
    ``requires`` are the import names of its engine, ``install`` the command that adds them.
    ``artifacts`` are patterns of the files that its sessions save into a model folder beside the weights,
    such as ``"engine/*.bin"``; () where they save the weights themselves, or nothing.
    A ``fallback`` backend is chosen automatically only where no other claims a single module.
    ``distribution`` ("name version") is filled in by discovery.
    """

    name: str
    target: str
    summary: str = ""
    requires: tuple[str, ...] = ()
    install: str = ""
    fallback: bool = False
    artifacts: tuple[str, ...] = ()
    distribution: str = ""


@dataclass(frozen=True, slots=True)
class ExporterInfo:
    """What a plugin says about exporting models that its backend cannot lower.

    ``name`` is the backend that will run the artifact, ``source`` the one whose live model is read.
    ``target`` is ``"package.module:function"``, an `Exporter`, imported only when it is used.
    ``requires`` are the import names of what it needs, ``install`` the command that adds them.
    ``distribution`` ("name version") is filled in by discovery.
    """

    name: str
    target: str
    source: str
    requires: tuple[str, ...] = ()
    install: str = ""
    distribution: str = ""


@runtime_checkable
class Session(Protocol):
    """A loaded prefix of a model. `forward` may be called from `lanes` threads at once."""

    @property
    def effective(self) -> SessionInfo:
        """What it really runs with."""

    @property
    def native(self) -> Mapping[str, object]:
        """Engine objects worth reaching for, by the name under which the public model shows them."""

    def forward(self, values: Values) -> Values:
        """Runs the modules: `values` holds at least the graph's inputs, the result exactly its outputs."""

    def save(self, folder: Path) -> None:
        """Writes an artifact into a model folder, so that a later claim there is at least as deep."""

    def close(self) -> None:
        """Frees the engine. Idempotent; `forward` raises `RuntimeError` afterwards."""


@runtime_checkable
class Backend(Protocol):
    """One engine. Constructed without arguments; construction may import the engine."""

    def devices(self) -> Sequence[Device]:
        """What there is to run on, best first.

        Raises:
            BackendUnavailable: the engine is missing or broken; says why and how to install it.
            EngineConflict: two distributions of the engine overwrite each other.
        """

    def claim(self, model: Model, device: Device) -> Claim:
        """The longest prefix that would run natively. Pure and cheap: reads no weights."""

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Loads a model that is already cut to ``claim.depth`` modules (at least one)."""


class Exporter(Protocol):
    """Makes an artifact of a whole model from a session of the source backend.

    It may raise whatever its tools raise: core publishes an artifact only after it has given the
    numbers of `session`, and removes what a failed export leaves behind.
    """

    def __call__(self, model: Model, session: Session, folder: Path) -> None:
        """Writes into a model folder, so that a claim there covers all modules of `model`."""
