"""A model on a server of anybody: texts go there, vectors come back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from isomorph.contract import Claim, SessionInfo, Values
from isomorph.errors import BackendUnavailable
from isomorph_remote.far import NAME
from isomorph_remote.languages import Speaker
from isomorph_remote.texts import texts_of


class TextsSession:
    """The module that a server computes, as a session."""

    def __init__(self, speaker: Speaker, claim: Claim) -> None:
        self._speaker = speaker
        self._closed = False
        self._width = 0  # what the first answer shows
        told = {
            "model there": speaker.model,
            "arithmetic there": speaker.arithmetic,
            "max length there": speaker.longest,
        }
        self._effective = SessionInfo(
            claim.device,
            speaker.server,
            provider=speaker.far.url,
            threads=0,
            lanes=claim.lanes,
            arithmetic=claim.arithmetic,
            unpadded=True,
            details={name: str(value or "not told") for name, value in told.items()},
        )

    @property
    def effective(self) -> SessionInfo:
        """What the server says of itself."""
        return self._effective

    @property
    def native(self) -> Mapping[str, object]:
        """Nothing: the engine's objects are elsewhere."""
        return {}

    def forward(self, values: Values) -> Values:
        """The vectors of the texts whose bytes are fed.

        Raises:
            InputError: the server refuses a text.
            BackendUnavailable: the server does not answer, or answers no vectors.
            RuntimeError: this session is closed.
        """
        if self._closed:
            raise RuntimeError("This session is closed.")
        made = self._speaker.vectors(texts_of(values["utf8"]))
        self._width = self._width or made.shape[1]
        if made.shape[1] != self._width:
            raise BackendUnavailable(
                NAME,
                f"{self._speaker.far.url} answers vectors of {made.shape[1]} numbers, and of {self._width} "
                "before: another model answers there now, so load this one again",
            )
        return {"sentence_embedding": made}

    def save(self, folder: Path) -> None:
        """Writes nothing: the server has what runs."""

    def close(self) -> None:
        """Ends the session here."""
        self._closed = True
