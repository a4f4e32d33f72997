"""Readers to be fuzzed: where their files come from, how those are changed, what reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


from hostile import doors, mutate
from hostile.kinds import kinds


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
        if self.door.startswith("claim by "):
            return _claim(self.door.removeprefix("claim by "), folder)
        return [ask() for _, ask in doors.door(kinds()[kind].door)(folder, kinds()[kind])]


def _claim(backend: str, folder: Path) -> Any:
    """What a backend reads of an artefact before its engine does."""
    from isomorph.contract import Device
    from isomorph.plugins import installed
    from isomorph.read.model import read_model

    return installed().backend(backend).claim(read_model(folder), Device("cpu"))


def targets() -> Mapping[str, Target]:
    """All targets by name; those of artefacts follow from the backends that are installed."""
    models = tuple(n for n, kind in kinds().items() if kind.door == "encode" and not kind.refused)
    words = tuple(name for name in models if "token" in name or name in ("vocabulary", "words"))
    rest = tuple(name for name in models if name not in words)
    found = [
        Target("settings", rest, (".json",), mutate.mutated_json),
        Target("tokenizers", words, (".json",), mutate.mutated_json),
        Target("vocabularies", ("vocabulary",), (".txt", ".json"), mutate.mutated_bytes),
        Target("weights", rest, (".safetensors",), mutate.mutated_tensors),
        Target("archives", ("archive",), (".zip",), mutate.mutated_bytes, "all"),
        Target("journals", ("journal",), (".json",), mutate.mutated_json, "all"),
        Target("probes", ("probes",), (".json",), mutate.mutated_json, "all"),
        Target("cards", ("card",), (".md",), mutate.mutated_bytes, "all"),
        Target("listings", ("cache",), (".json", "main"), mutate.mutated_bytes, "all"),
    ]
    for name, patterns in doors.backends().items():
        if patterns:
            kind = (f"artefact of {name}",)
            found.append(Target(f"artefacts-of-{name}", kind, ("",), _any, f"claim by {name}"))
    return {target.name: target for target in found}


def _any(content: bytes, drawn: Any) -> bytes:
    if content[:1] in b"{[" and drawn.random() < 0.5:
        return mutate.mutated_json(content, drawn)
    return mutate.mutated_bytes(content, drawn)
