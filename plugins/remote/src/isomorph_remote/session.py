"""Modules that a server has loaded: feeds go there, values come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isomorph.contract import Claim, SessionInfo, Values
from isomorph.errors import BackendUnavailable
from isomorph.program import packed, unpacked
from isomorph_remote.far import NAME, Far


class RemoteSession:
    """A loaded prefix of a model, on a server of isomorph."""

    def __init__(
        self, far: Far, claim: Claim, *, asked: Mapping[str, Any], fed: Sequence[str], told: Any
    ) -> None:
        """Takes over what was opened.

        Args:
            far: the server.
            claim: what was claimed of the modules.
            asked: model, digest and outputs, as every request names them.
            fed: the feeds that the modules read.
            told: what the server says that they run with.
        """
        self._far = far
        self._asked = dict(asked)
        self._fed = tuple(fed)
        self._closed = False
        self._effective = SessionInfo(
            claim.device,
            f"isomorph {told['isomorph']}, {told['backend']} ({told['engine']})",
            provider=far.url,
            threads=0,
            lanes=claim.lanes,
            arithmetic=told["arithmetic"],
            weights=told["weights"],
            unpadded=told["unpadded"],
            budget=told["budget"],
            details={
                "model there": str(asked["model"]),
                "device there": told["device"],
                "threads there": str(told["threads"]),
                **{f"{name} there": str(value) for name, value in told["details"].items()},
            },
        )

    @property
    def effective(self) -> SessionInfo:
        """What the server says."""
        return self._effective

    @property
    def native(self) -> Mapping[str, object]:
        """Nothing: the engine's objects are elsewhere."""
        return {}

    def forward(self, values: Values) -> Values:
        """The values that the server computes.

        Raises:
            BackendUnavailable: the server cannot be reached, or answers what it never should.
            InputError, OutOfMemory: it refuses the feeds.
            RuntimeError: this session is closed.
        """
        if self._closed:
            raise RuntimeError("This session is closed.")
        feeds = packed({name: values[name] for name in self._fed}, **self._asked)
        answer = self._far.send("/isomorph/forward", feeds)
        try:
            return unpacked(answer)[0]
        except ValueError as cause:
            raise BackendUnavailable(NAME, f"{self._far.url} answers no values: {cause}") from cause

    def save(self, folder: Path) -> None:
        """Writes nothing: the server has what runs."""

    def close(self) -> None:
        """Ends the session here; the server keeps its model as its operator says."""
        self._closed = True
