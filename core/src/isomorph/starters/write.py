"""Writes a whole project from one of the folders beside this file, under a name of the author's own.

The folders hold real projects, for a plugin named ``template``, and are linted and tested as they are. Names
are replaced in paths and contents alike, and nothing else is.
"""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from isomorph.errors import InputError
from isomorph.plugins.discovery import Plugins

HERE = Path(__file__).parent
BACKEND = "backend"
KINDS: Mapping[str, str] = {
    "module": "a kind of module",
    "reader": "a format of folders",
    "resolver": "a place where names live",
    "decoder": "a form of images, sounds or videos",
    "exporter": "artifacts of models that a backend does not lower",
}
"""What `isomorph new-plugin` can begin, each with a folder of its name."""
SHARED = ("pyproject.toml", ".gitignore", ".github/workflows/test.yml")
"""Files that every project has; they lie in the folder of the backend alone."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_WORD = re.compile(r"isomorph[-_]template|TEMPLATE|[Tt]emplate")


def write_project(kind: str, name: str, folder: Path | None, plugins: Plugins) -> Path:
    """Writes the project of `kind`, a key of `KINDS` or `BACKEND`, and returns its folder.

    `folder` is by default ``isomorph-NAME`` in the current folder. It may exist if it is empty. It appears
    whole or not at all.

    Raises:
        InputError: the kind or the name cannot be, the name is taken, or the folder holds something.
    """
    if kind != BACKEND and kind not in KINDS:
        raise InputError(
            f"There is no project to begin for {kind!r}; there are: {', '.join(KINDS)}."
        )
    refuse_name(name, plugins)
    target = folder if folder is not None else Path(f"isomorph-{name}")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is there and not empty. Name another folder by --output.")
    target.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.absolute().parent) as room:
        made = Path(room) / target.name
        for file in files_of(kind):
            place = Path(*file.relative_to(HERE).parts[1:])
            copy = made / renamed(str(place), name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(renamed(file.read_text("utf-8"), name), "utf-8")
        if target.exists():
            target.rmdir()
        shutil.move(made, target)
    return target


def refuse_name(name: str, plugins: Plugins) -> None:
    """Raises InputError for a name that no distribution may have, and for one that is taken here."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InputError(
            f"{name!r} is no name for a plugin. Write small letters and digits, with hyphens between "
            "them: 'acme-npu'."
        )
    package = renamed("isomorph_template", name)
    taken = {origin.name for origin in plugins.origins.values()} | {i.name for i in plugins.infos}
    if name in taken or find_spec(package) is not None:
        raise InputError(f"{name!r} is the name of an installed plugin. Take another.")


def files_of(kind: str) -> Iterator[Path]:
    """The files of a project, those that all projects share included."""
    yield from (HERE / BACKEND / name for name in SHARED)
    for file in sorted((HERE / kind).rglob("*")):
        shared = file.relative_to(HERE / kind).as_posix() in SHARED
        if file.is_file() and "__pycache__" not in file.parts and not shared:
            yield file


def renamed(text: str, name: str) -> str:
    """The text with `name` in place of the template's: as distribution, package, class, variable, word."""

    def other(found: re.Match[str]) -> str:
        word = found[0]
        if word.isupper():
            return name.replace("-", "_").upper()
        if word.startswith("isomorph"):
            return f"isomorph{word[8]}{name.replace('-', word[8])}"
        if word[0].isupper():
            return "".join(part.capitalize() for part in name.split("-"))
        return name

    return _WORD.sub(other, text)
