"""Readers to be fuzzed: where their files come from, how those are changed, what reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile import doors, mutate
from hostile.kinds import kinds

from isomorph.files.folder import Folder
from isomorph.files.weights import read_tensors


@dataclass(frozen=True, slots=True)
class Target:
    """A reader: kinds whose files are changed, endings of those files, the change, and the door."""

    name: str
    kinds: tuple[str, ...]
    endings: tuple[str, ...]
    change: mutate.Mutate
    door: str = "read and run"

    def files(self, kind: str, folder: Path) -> list[str]:
        """The files of a kind that may be changed, by relative name."""
        patterns = kinds()[kind].files
        found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
        names = sorted(str(path.relative_to(folder)) for path in found)
        return [name for name in names if name.endswith(self.endings)]

    def ask(self, kind: str, folder: Path) -> Any:
        """Lets the reader loose on a folder."""
        if self.door == "read and run":
            return doors.load(folder, kinds()[kind], doors.plainest())
        if self.door == "tensors":
            return [tensor.raw() for tensor in read_tensors(Folder(folder), "").values()]
        if self.door == "claim":
            return _claim(kinds()[kind].door.removeprefix("encode by "), folder)
        return [ask() for _, ask in doors.door(kinds()[kind].door)(folder, kinds()[kind])]


def _claim(backend: str, folder: Path) -> Any:
    """What a backend reads of an artifact before its engine does."""
    from isomorph.contract import Device
    from isomorph.plugins.discovery import installed
    from isomorph.plugins.reading import read_model

    return installed().backend(backend).claim(read_model(folder), Device("cpu"))


NAMES = (
    "settings", "tokenizers", "vocabularies", "weights", "pickles", "archives", "journals", "probes", "cards",
    "listings", "artifacts",
)  # fmt: skip
"""The targets; which files of artifacts there are follows from the backends that are installed."""


def target(name: str) -> Target:
    """The target of a name."""
    models = tuple(n for n, kind in kinds().items() if kind.door == "encode" and not kind.refused)
    words = tuple(n for n in models if "token" in n or n in ("vocabulary", "words"))
    rest = tuple(n for n in models if n not in words)
    old = tuple(n for n in rest if n.startswith("pickled"))
    saved = tuple(n for n, kind in kinds().items() if kind.door.startswith("encode by "))
    found = (
        Target("settings", rest, (".json",), mutate.mutated_json),
        Target("tokenizers", words, (".json",), mutate.mutated_json),
        Target("vocabularies", ("vocabulary",), (".txt", ".json"), mutate.mutated_bytes),
        Target("weights", rest, (".safetensors",), mutate.mutated_tensors),
        Target("pickles", old, (".bin",), mutate.mutated_pickle, "tensors"),
        Target("archives", ("archive",), (".zip",), mutate.mutated_bytes, "its own"),
        Target("journals", ("journal",), (".json",), mutate.mutated_json, "its own"),
        Target("probes", ("probes",), (".json",), mutate.mutated_json, "its own"),
        Target("cards", ("card",), (".md",), mutate.mutated_bytes, "its own"),
        Target("listings", ("cache",), (".json", "main"), mutate.mutated_bytes, "its own"),
        Target("artifacts", saved, ("",), _any, "claim"),
    )
    return found[NAMES.index(name)]


def _any(content: bytes, drawn: Any) -> bytes:
    if content[:1] in b"{[" and drawn.random() < 0.5:
        return mutate.mutated_json(content, drawn)
    return mutate.mutated_bytes(content, drawn)
