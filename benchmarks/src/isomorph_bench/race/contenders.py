"""Who races: our backends, and the peers whose environments were made. All of it is data."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isomorph.resolve.archive import cache_root
from isomorph_bench.made import code, once
from isomorph_bench.race import launch

FILES = launch.PACKAGE / "peers"
SHARED = sorted(FILES.glob("with_*.py"))
"""What several peers import."""
ENVIRONMENTS = launch.CLONE / ".venv-peers" if launch.CLONE else cache_root() / "peers"
"""Where the environments of peers lie: in a clone its own folder, elsewhere the user's cache."""
PATH = re.compile(
    r"(?<![\w.:/\\~])(?:[A-Za-z]:|~)?(?:[/\\][^\s/\\'\":,;()]+)*[/\\]([^\s/\\'\":,;()]+)[/\\]?"
)
"""An absolute path, without spaces; its last name is the group."""
METADATA = re.compile(r"^# /// script\n((?:#(?: .*)?\n)+?)# ///$", re.MULTILINE)
"""Inline metadata of scripts, as packaging.python.org specifies it."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`command` starts its process, to which `arguments` are handed as JSON. `absent` says why not.

    `asked` may name the ``device``, ``precision``, ``weights`` and ``cpus`` that it is to run with.
    """

    name: str
    command: tuple[str, ...]
    arguments: Mapping[str, Any]
    ours: bool = False
    absent: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Peer:
    """What the head of a peer's file says."""

    name: str
    dependencies: tuple[str, ...]
    without: tuple[str, ...] = ()
    prepared: bool = False
    source: str = ""
    environments: Path = ENVIRONMENTS
    folder: Path = FILES
    tasks: tuple[str, ...] = ("dense",)

    @property
    def file(self) -> Path:
        """Its own."""
        return self.folder / f"{self.name}.py"

    @property
    def environment(self) -> Path:
        """Its virtual environment."""
        return self.environments / self.name

    @property
    def python(self) -> Path:
        """The interpreter of that environment."""
        inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
        return self.environment.joinpath(*inside)

    @property
    def mark(self) -> Path:
        """A file that says what the environment was made from; there when it is complete."""
        return self.environment / "installed.json"

    @property
    def wanted(self) -> str:
        """What that file must hold."""
        return json.dumps([self.dependencies, self.without])

    @property
    def module(self) -> str:
        """Its program."""
        return f"peers.{self.name}"

    def installed(self) -> bool:
        """Whether the environment is there and made from what the file says now."""
        return self.mark.is_file() and self.mark.read_text("utf-8") == self.wanted


def read_peer(file: Path, environments: Path = ENVIRONMENTS) -> Peer | None:
    """A peer from the metadata at the head of its file; None where there is none."""
    found = METADATA.search(file.read_text("utf-8"))
    if found is None:
        return None
    data = tomllib.loads("\n".join(line[2:] for line in found[1].splitlines()))
    race = data.get("tool", {}).get("race", {})
    return Peer(
        file.stem,
        tuple(data["dependencies"]),
        tuple(race.get("without", ())),
        race.get("prepared", False),
        race.get("source", ""),
        environments,
        file.parent,
        tuple(race.get("tasks", ("dense",))),
    )


def read_peers(folder: Path = FILES, environments: Path = ENVIRONMENTS) -> dict[str, Peer]:
    """All peers of a folder by name."""
    read = (read_peer(file, environments) for file in sorted(folder.glob("*.py")))
    return {peer.name: peer for peer in read if peer is not None}


def ours(
    model: str,
    backends: Sequence[str],
    task: str = "dense",
    *,
    device: str = "",
    weights: str = "",
    cpus: int | None = None,
) -> list[Contender]:
    """Our backends, each in a process of this environment.

    `weights` is the type in which `model`, a quantised folder, stores its matrices. `cpus` are those that the
    process may use, else all.
    """
    asked = {
        "device": device,
        "precision": "" if weights else "float32",
        "weights": weights,
        "cpus": "" if cpus is None else str(cpus),
    }
    held = "" if cpus is None else f" on {cpus} CPU{'s' * (cpus > 1)}"
    return [
        Contender(
            f"{name} {weights}".strip() + held,
            launch.command("race.worker"),
            {
                "model": model,
                "backend": name,
                "task": task,
                "device": device or None,
                "cpus": cpus,
            },
            ours=True,
            asked={key: value for key, value in asked.items() if value},
        )
        for name in backends
    ]


def entered(
    peer: Peer,
    model: str,
    peers: Mapping[str, Peer],
    device: str = "",
    task: str = "dense",
) -> Contender:
    """One peer with its model folder, which is made where it is needed and not there yet.

    A peer that knows several tasks is told which one it is asked for.
    """
    command = launch.command(peer.module, str(peer.python), alone=True)
    asked = {"device": device} if device else {}
    try:
        arguments = {"model": folder_of(peer, model, peers)}
        arguments |= {"task": task} if len(peer.tasks) > 1 else {}
        return Contender(peer.name, command, arguments, asked=asked)
    except PreparationFailed as failed:
        return Contender(peer.name, command, {}, absent=str(failed), asked=asked)


class PreparationFailed(Exception):
    """A peer cannot start; the message says why."""


def folder_of(peer: Peer, model: str, peers: Mapping[str, Peer]) -> str:
    """The model folder that this peer starts from.

    Raises:
        PreparationFailed: it, or the peer whose folder it builds on, has no environment or could
            not make the folder.
    """
    if not peer.installed():
        raise PreparationFailed(
            f"no environment of {peer.name}: isomorph bench peers {peer.name} makes it"
        )
    source = folder_of(peers[peer.source], model, peers) if peer.source else model
    if not peer.prepared:
        return source
    folder = peer.environment / f"model-{content(Path(source))}-{code(peer.file, *SHARED)}"
    return str(once(folder, lambda fresh: prepare(peer, source, fresh / "made")) / "made")


def prepare(peer: Peer, source: str, making: Path) -> None:
    """Has the peer make its folder, which is not there yet."""
    arguments = json.dumps({"model": source, "folder": str(making)})
    program = launch.call(peer.module, "prepare", str(peer.python), alone=True)
    done = subprocess.run([*program, arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PreparationFailed(f"{peer.name} made no folder: {last_line(done.stderr)}")


def content(folder: Path) -> str:
    """Tells one model folder from another by all that is in it."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder)}\0".encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def last_line(text: str) -> str:
    """What a process said last: of a traceback, the error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return without_places(lines[-1]) if lines else "without a word"


def without_places(text: str) -> str:
    """A text whose paths keep their last name alone: a record is for others, who have other folders."""
    return PATH.sub(lambda found: f"…/{found[1]}", text)
