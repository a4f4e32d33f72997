"""The `pip install` that works here: from the clone that isomorph was installed from, or from an index."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

CORE = "isomorph-core"
META = "isomorph"
"""The meta-distribution. Its extras are the backends that belong to the project."""

_REQUIREMENT = re.compile(r"(?P<name>\w[\w.-]*)\s*(?P<extras>\[[^]]*])?[^;]*(?P<condition>;.*)?")
_EXTRA = re.compile(r"""extra\s*==\s*['"](?P<extra>[\w.-]+)['"]""")


@dataclass(frozen=True)
class Project:
    """A folder that a distribution is installed from."""

    folder: Path
    editable: bool

    def table(self) -> dict[str, Any]:
        """The table `project` of its pyproject.toml; empty where the file cannot be read."""
        import tomllib  # only messages need it

        try:
            found = tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        table: dict[str, Any] = found.get("project", {})
        return table


def install_command(wanted: str) -> str:
    """The command that installs requirements, such as ``"isomorph-acme[cpu] acme>=2"``.

    Words that name distributions of a local folder become the path of that folder, together with
    the distributions beside it that they need and that are not installed. Options stay as they are.
    """
    words: dict[str, None] = {}
    for word in wanted.split():
        words.update(dict.fromkeys(_arguments(word, set())))
    return f"pip install {' '.join(words)}"


def offered() -> dict[str, list[str]]:
    """The requirements behind each extra of the meta-distribution: {"acme": ["isomorph-acme==1.0"]}.

    Where the meta-distribution is not installed, the clone says so. Core itself knows no backend.
    """
    try:
        lines = metadata.requires(META) or []
    except metadata.PackageNotFoundError:
        table = clone.table() if (clone := _local(META)) else {}
        found: dict[str, list[str]] = table.get("optional-dependencies", {})
        return found
    extras: dict[str, list[str]] = {}
    for line in lines:
        if match := _EXTRA.search(line):
            extras.setdefault(match["extra"], []).append(line.partition(";")[0].strip())
    return extras


def is_installed(distribution: str) -> bool:
    """Whether a distribution of this name is there."""
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def name_of(requirement: str) -> str:
    """The distribution that a requirement names: ``"a"`` of ``"a[b]==1"``; ``""`` of an option."""
    match = _REQUIREMENT.fullmatch(requirement)
    return _normal(match["name"]) if match else ""


def _arguments(requirement: str, seen: set[str]) -> Iterator[str]:
    """What pip is given for one requirement; `seen` are the distributions that were given before."""
    match = _REQUIREMENT.fullmatch(requirement)
    name = name_of(requirement)
    project = _local(name) if name else None
    if match is None or project is None:
        yield shlex.quote(requirement)
        return
    seen.add(name)
    extras = match["extras"] or ""
    yield f"{'-e ' * project.editable}{shlex.quote(f'{project.folder}{extras}')}"
    table = project.table()
    needed = list(table.get("dependencies", []))
    for extra in extras.strip("[]").replace(" ", "").split(","):
        needed += table.get("optional-dependencies", {}).get(extra, [])
    for line in needed:
        name = name_of(line)
        if name not in seen and not is_installed(name) and _local(name):
            yield from _arguments(line.partition(";")[0].strip(), seen)


def _local(distribution: str) -> Project | None:
    """The folder of a distribution: where it was installed from, or beside core in one clone."""
    if is_installed(distribution):
        return _origin(distribution)
    core = _origin(CORE)
    if core is None or _named(core.folder.parent) != META:
        return None
    root = core.folder.parent
    for file in (root / "pyproject.toml", *sorted(root.glob("[!.]*/[!.]*/pyproject.toml"))):
        if _named(file.parent) == distribution:
            return Project(file.parent, core.editable)
    return None


def _origin(distribution: str) -> Project | None:
    """The local folder that a distribution was installed from, where the folder is still there."""
    try:
        said = metadata.distribution(distribution).read_text("direct_url.json")
        origin = json.loads(said or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return None
    from urllib.parse import urlsplit  # these are slow to import, and only messages need them
    from urllib.request import url2pathname

    url = urlsplit(origin.get("url", ""))
    if url.scheme != "file" or "dir_info" not in origin:
        return None
    folder = Path(url2pathname(url.path))
    here = (folder / "pyproject.toml").is_file()
    return Project(folder, bool(origin["dir_info"].get("editable"))) if here else None


def _named(folder: Path) -> str:
    """The name of the distribution that a folder makes, or "" where there is none."""
    return _normal(str(Project(folder, False).table().get("name", "")))


def _normal(name: str) -> str:
    """The one spelling of a distribution's name: ``"a-b"`` of ``"A_b"``."""
    return re.sub(r"[-_.]+", "-", name).lower()
