"""What core asks of a session, what a session runs with, and what crosses the border."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from isomorph.contract.device import Device

Values = Mapping[str, NDArray[Any]]
"""Arrays by name that cross the border: C-contiguous, from numpy. Nobody writes into a passed array.

Padded feeds: ``input_ids``, ``attention_mask`` and ``token_type_ids``, int64 of shape (rows, width).
The mask is 1 on real tokens. ``prompt_length``, int64 of shape (rows,), counts the leading tokens
that belong to a prompt; pooling leaves them out. Ragged feeds: ``input_ids``, int64 of shape
(tokens,), and ``offsets``, int64 of shape (rows,), where each row starts. A graph lists the feeds
that it reads.

Results are float32: ``token_embeddings`` (rows, width, dim), ``sentence_embedding`` (rows, dim),
``scores`` (rows, labels). At every forward, core compares rows and width with the feeds, and other
sizes with earlier forwards. Core also checks that ids lie in the tables of the model's weights.
Only the backend knows the tables of an artifact, so the backend checks ids there.
"""


class CompileCache(Protocol):
    """Keeps compiled engines on disk, so that later processes need not compile them again."""

    def __call__(
        self, description: bytes, make: Callable[[Path], None], /, *, size: int | None = None
    ) -> Path | None:
        """The folder that `make` filled, in this process or an earlier one; None if nothing is kept.

        `description` names everything that decides the result: the graph, the engine with its
        version, and threads or lanes if they matter. Core adds the weights, the processor, the device,
        the arithmetic and ``model_kwargs``. Files in the folder may be missing or damaged: a backend
        that cannot load them compiles anew.

        `size` is how many bytes `make` writes at most. None means twice the bytes of the weights. Core
        asks for so much room on the disk. Any number of threads may call at once.
        """


def no_compile_cache(
    description: bytes, make: Callable[[Path], None], /, *, size: int | None = None
) -> Path | None:
    """The cache that keeps nothing and never calls `make`."""
    return None


@dataclass(frozen=True, slots=True)
class Options:
    """What the user and core's CPU budget ask of a session."""

    threads: int = 1
    """Default 1. The number of CPU threads that a session may keep busy, over all lanes together."""
    lanes: int = 1
    """Default 1. The number of forwards that core will run at once, at most ``Claim.lanes``."""
    _: KW_ONLY
    arithmetic: str | None = None
    """Default None; for example ``"bfloat16"``. The number type to compute in.

    None means float32 on a CPU, and the backend's choice on other devices.
    """
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Default empty; for example ``{"provider": "..."}``. The user's settings for the engine.

    Core passes on the values unread. It has refused keys that `BackendInfo.options` does not list.
    """
    config_kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Default empty. The user's changes to the model's ``config.json``, unread by core."""
    trust_remote_code: bool = False
    """Default False. Whether the backend may run code from the model folder."""
    compile_cache: CompileCache = no_compile_cache
    """Default `no_compile_cache`. Where a backend may keep what takes long to compile."""
    beside: Session | None = field(default=None, compare=False)
    """Default None. An open session of the same backend, model and claim, for other threads and lanes.

    The new session may share the loaded weights. Closing one of the two leaves the other open.
    """


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What a loaded session really runs with, as its engine answers."""

    device: Device
    """Required, such as ``Device("cpu")``. The device that holds the model."""
    engine: str
    """Required, such as ``"acme 1.22.0"``. The engine's name and version."""
    _: KW_ONLY
    provider: str
    """Required, such as ``"AcmeCpu"``. The engine's own word for where it computes."""
    threads: int
    """Required, such as 4. The number of CPU threads; 0 where the engine sizes its own pool."""
    lanes: int
    """Required, such as 2. The number of forwards that may run at once."""
    arithmetic: str = "float32"
    """Default ``"float32"``; also ``"bfloat16"``. The number type that the session computes in."""
    weights: str | None = None
    """Default None; for example ``"int8"``. The coarsest number type in which `artifact` stores matrices.

    None means that the session holds its weights in the type of `arithmetic`.
    """
    artifact: Path | None = None
    """Default None, for a graph made from the weights. The prebuilt file in use."""
    unpadded: bool = False
    """Default False. Whether the session computes nothing for the padding of its feeds."""
    budget: int = 0
    """Default 0, for that of the claim. The number of padded tokens that a forward should have.

    For sessions that find their budget when they are loaded, from the memory that is left then.
    """
    details: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Default empty; for example ``{"driver": "535.1"}``. More that ``model.report()`` tells the user."""


@runtime_checkable
class Session(Protocol):
    """A loaded prefix of a model. Up to `lanes` threads may call `forward` at once."""

    @property
    def effective(self) -> SessionInfo:
        """What the session really runs with."""

    @property
    def native(self) -> Mapping[str, object]:
        """Engine objects for users, by the attribute names under which the public model shows them.

        `BackendInfo.attributes` lists all names.
        """

    def forward(self, values: Values) -> Values:
        """The graph's outputs, and no other values, for `values` that hold at least its inputs.

        The results may be read-only. They must not share memory with those of a later call.

        Raises:
            OutOfMemory: the device has not enough memory; core asks again, for fewer rows at once.
            RuntimeError: the session is closed.
        """

    def save(self, folder: Path) -> None:
        """Writes an artifact into a model folder. A later claim on that folder is at least as deep."""

    def close(self) -> None:
        """Frees the engine. A second call does nothing; a later `forward` raises `RuntimeError`."""
