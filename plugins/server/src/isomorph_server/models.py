"""One model of a server: its name and place, what it is for, and the input that shows that it runs."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from isomorph import CrossEncoder, MultiVectorEncoder, SparseEncoder
from isomorph.errors import InputError, NotFiniteWarning, Unsupported
from isomorph_server.graphs import Graphs

_WEIGHTS = (".safetensors", ".bin", ".pt", ".onnx", ".onnx_data", ".npy", ".npz", ".h5")
"""How files end that hold weights."""
_TAKEN = {"text", "image"}
_TEXT = "The river carries small stones to the sea."
"""A text of words that any vocabulary has."""
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAGUlEQVR42mOsaOphIAUw"
    "MZAIRjWMahg6GgDbjAGmliDocQAAAABJRU5ErkJggg=="
)
"""An image of 16 by 16 pixels, in PNG."""


@dataclass(frozen=True, slots=True)
class Named:
    """A model as the operator names it."""

    name: str
    """What clients call it."""
    place: str
    """A folder, ``package:DISTRIBUTION`` or a Hub id."""

    @classmethod
    def of(cls, text: str) -> Named:
        """``NAME=PLACE``, or a place that is its own name.

        Raises:
            InputError: the name or the place is empty.
        """
        name, given, place = text.partition("=")
        if not given or Path(text).is_dir():
            return cls(text, text)
        if not (name.strip() and place.strip()):
            raise InputError(f"{text!r} is no model: write NAME=FOLDER, or a folder alone.")
        return cls(name, place)


class Served:
    """One model, which is read at once and loaded by its first call."""

    def __init__(self, named: Named, model: Any) -> None:
        """Takes a model over.

        Raises:
            Unsupported: it takes inputs that no route has.
        """
        modalities = set(map(str, model.modalities))
        others = sorted(modalities - _TAKEN)
        if others:
            raise Unsupported(
                f"{named.place} takes {', '.join(others)}; served are texts and images."
            )
        self.name = named.name
        self.model = model
        self.reads = "text" in modalities
        """Whether it takes texts."""
        self.sees = "image" in modalities
        """Whether it takes images."""
        self.graphs = Graphs(model.__loaded__())
        self.bytes = _size(model.__loaded__().whole)
        self.calls = 0
        self.used = monotonic()
        self.is_loaded = False
        self.is_ready = False
        """Whether it has made a vector, or may be asked for its first one."""
        self.loading: asyncio.Future[None] | None = None
        """What loads it at the moment."""
        self.waiters: list[asyncio.Future[None]] = []
        """Who waits for that."""
        self.is_leaving = False
        """Whether it is to go for another one, as soon as its calls have ended."""

    def try_out(self) -> bool:
        """Loads the model, has it make a vector or a score, and says whether its numbers are finite.

        Raises:
            Exception: whatever a model raises that makes none.
        """
        how: dict[str, Any] = {"on_long": "report", "return_report": True}
        try:
            if isinstance(self.model, CrossEncoder):
                _, report = self.model.predict([(_TEXT, _TEXT)], **how)
            else:
                text = {"text": _TEXT} if self.sees else _TEXT
                _, report = self.model.encode([text if self.reads else {"image": _PICTURE}], **how)
        except NotFiniteWarning:  # where warnings are errors
            return False
        return not report.not_finite

    @property
    def task(self) -> str:
        """What it is for: ``embed``, ``embed_sparse``, ``embed_all`` or ``rerank``."""
        if isinstance(self.model, CrossEncoder):
            return "rerank"
        if isinstance(self.model, SparseEncoder):
            return "embed_sparse"
        return "embed_all" if isinstance(self.model, MultiVectorEncoder) else "embed"


def _size(whole: Any) -> int:
    """Bytes of the files that a model's weights are read from, whatever else lies in its folder.

    Of a model whose backend reads files by itself it is all that hold weights.
    """
    folder = Path(whole.folder)
    read = [folder / name for name in whole.files.noted()]
    return _weights(read) or _weights(folder.rglob("*"))


def _weights(files: Iterable[Path]) -> int:
    return sum(each.stat().st_size for each in files if each.suffix in _WEIGHTS and each.is_file())
