"""What core asks of a backend, and what the backend promises for one model on one device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any

from isomorph.contract.batches import ANY_BATCHES, Batches
from isomorph.contract.device import Device


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asks of a backend beside the model and the device."""

    arithmetic: str | None = None
    """Default None; for example ``"bfloat16"``. The number type to compute in.

    A backend that lacks the type raises `Unsupported`. None means float32 on a CPU, and elsewhere the
    backend's choice.
    """
    model_kwargs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Default empty; for example ``{"provider": "..."}``. The user's settings for the engine."""


NOTHING_ASKED = Asked()
"""What is asked where the user says nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a backend promises for one model on one device, before a session is loaded."""

    device: Device
    """Required, such as ``Device("cpu")``. The device that core asked about."""
    depth: int
    """Required, such as 3. The number of leading modules that run natively."""
    _: KW_ONLY
    reason: str = ""
    """Default ``""``, for a whole model. Why the backend does not run one more module."""
    arithmetic: str = "float32"
    """Default ``"float32"``; also ``"bfloat16"``. The number type that the session computes in.

    It is `Asked.arithmetic` where that is not None.
    """
    weights: str | None = None
    """Default None; for example ``"int8"``. The coarsest number type in which `artifact` stores matrices.

    None means that the artifact, or the model folder, is held in the type of `arithmetic`.
    """
    lanes: int = 1
    """Default 1. The number of forwards that may run at once; engines call them streams."""
    artifact: Path | None = None
    """Default None. A prebuilt file in the model folder that replaces the weights: ``acme/model.bin``."""
    batch_invariant: bool = False
    """Default False. Whether a row has the same bits in every batch.

    The promise holds for forwards of one shape in which all rows are padded, or none. The place of
    the row and the number of threads do not matter. Deterministic calls then run texts together;
    without this promise, each text runs alone.
    """
    latency: bool = False
    """Default False. Whether a call of few tokens is faster with one lane and all threads.

    Core then loads a second session for such calls. Otherwise one session serves all calls.
    """
    shares_weights: bool = False
    """Default False. Whether a session that is loaded beside another one needs no memory for weights.

    `Options.beside` is that other session. Core else loads a second one only where there is room.
    """
    memory_factor: float = 2.0
    """Default 2.0. Bytes that a forward takes, for each byte of values that its primitives hold at once.

    Engines that fuse primitives need less. Allocators that keep free blocks need more.
    """
    batches: Batches = ANY_BATCHES
    """Default `ANY_BATCHES`; for example ``Batches((128,), (1, 8))``. Which forwards the session takes.

    A model that reads rows end to end has no widths. A backend of fixed shapes claims nothing of it.
    """
    max_shapes: int | None = None
    """Default None, for any number. The number of different input shapes that a session may meet.

    After this number, core pads batches to a small lattice of buckets. With 0, a session meets
    buckets only. Set this field for engines that compile, or keep memory, for each shape. Beside
    widths or rows of `batches`, which are the lattice from the first forward on, a number is refused.
    """
    notes: tuple[str, ...] = ()
    """Default ``()``; for example ``("runs in acme 1.2 on rack 7",)``. Lines that ``explain()`` shows too."""
    forks: bool = False
    """Default False. Whether a session still works in a forked child: it has no threads of its own.

    For other sessions, the child loads new ones. The child never touches, or closes, its parent's.
    """
