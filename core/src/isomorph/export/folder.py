"""The folder of an export: what is copied into it, and how it gets its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from isomorph.errors import InputError
from isomorph.files.names import ADAPTER, OLD_WEIGHT_PATTERNS, WEIGHT_PATTERN
from isomorph.files.names import PROBES as FILE
from isomorph.machine.exchange import staged
from isomorph.model.model import Model
from isomorph.resolve.files import select

_WEIGHTS = (WEIGHT_PATTERN, f"{WEIGHT_PATTERN}.index.json", *OLD_WEIGHT_PATTERNS, ADAPTER)


def copy_model(model: Model, target: Path, weights: bool) -> None:
    """Copies the files that are the model; artifacts of other exports, and what is hidden, stay.

    Raises:
        BadModel: a file of it is a link that leads out of the folder.
        ModelChanged: a file is no longer what the model was read from.
    """
    folder = model.files
    source = folder.root
    listed = {path.relative_to(source).as_posix() for path in _files(source)}
    names = sorted(listed.union(folder.names()))  # an adapter has files of its base
    for name in select(names, modules=[module.folder for module in model.modules.values()]):
        base = name.rsplit("/", 1)[-1]
        if base == FILE or (not weights and any(fnmatchcase(base, kind) for kind in _WEIGHTS)):
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        folder.copy(name, target / name)  # content, not links


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_file():
            yield path


def check_target(target: Path, source: Path, force: bool, mark: str = FILE) -> None:
    """Refuses, before anything is made, a target that must not be written.

    `mark` is a file that every folder of this command holds.

    Raises:
        InputError: it exists and `force` is not set, or has no `mark`, or overlaps the model's own folder.
    """
    real, own = target.resolve(), source.resolve()
    if real.is_relative_to(own) or own.is_relative_to(real):
        raise InputError(f"{target} overlaps the model's own folder {source}; name another one.")
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not force:
        raise InputError(
            f"{target} exists. Name another folder, or replace it: --force, in Python force=True."
        )
    if not (target / mark).is_file():
        what = "export" if mark == FILE else "folder of this command"
        raise InputError(
            f"{target} is not an earlier {what} (it holds no {mark}), and only those are replaced. "
            "Remove it yourself, or name another folder."
        )


@contextmanager
def published(target: Path, source: Path, force: bool, mark: str = FILE) -> Iterator[Path]:
    """A new folder beside the target, which takes its name in one step when the block ends without an error.

    Whatever goes wrong, the target is afterwards what it was before, and nothing else is left.

    Raises:
        InputError: the target must not be written, then or now.
        Unsupported: there is an earlier export, and folders cannot be exchanged there.
    """
    check_target(target, source, force, mark)
    with staged(target) as fresh:
        yield fresh
        check_target(target, source, force, mark)  # minutes have passed
