"""Which files of a repository are the model, and which are copies of it for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from isomorph.errors import BadModel

WEIGHTS = "*.safetensors"
OLD_WEIGHTS = ("pytorch_model*.bin", "pytorch_model*.bin.index.json")
"""Taken only from a folder without `WEIGHTS`: otherwise they are the same numbers once more."""

COPIES = ("model.*.safetensors", "consolidated*.safetensors")
"""Further forms of ``model.safetensors``: other number types, other sharding."""

TEXT = ("*.json", "*.txt", "*.model", "*.jinja", "*.md", "*.py", "*.jsonl", "LICENSE*", "*.vocab")
"""Configuration, tokenizers and the model card. Code is stored but never imported."""

CONVERTED = ("*.h5", "*.msgpack", "*.ot", "*.ckpt", "*.pt", "*.pth", "*.npz", "*.pkl", "*.bin")
"""Weights that nothing here reads; they say nothing about the folder they are in."""


def select(names: Iterable[str], extra: Iterable[str] = ()) -> list[str]:
    """The files to have, out of all files of a repository; `extra` adds patterns of full names.

    Raises:
        BadModel: a name leads out of the repository.
    """
    folders: dict[PurePosixPath, list[PurePosixPath]] = {}
    listed = [PurePosixPath(name) for name in names]
    for path in listed:
        if path.is_absolute() or ".." in path.parts or "\\" in str(path):
            raise BadModel(f"The repository lists a file {str(path)!r}, which leads out of it.")
        folders.setdefault(path.parent, []).append(path)
    foreign = {folder for folder, files in folders.items() if _is_foreign(folder, files)}
    extra = tuple(extra)
    return [
        str(path)
        for path in listed
        if any(fnmatchcase(str(path), pattern) for pattern in extra)
        or (foreign.isdisjoint(path.parents) and _is_own(path, folders[path.parent]))
    ]


def _is_own(path: PurePosixPath, siblings: list[PurePosixPath]) -> bool:
    """Whether a file is part of the model rather than another form of it."""
    if _matches(path, OLD_WEIGHTS):
        return not any(_matches(sibling, (WEIGHTS,)) for sibling in siblings)
    if _matches(path, (WEIGHTS,)):
        return not _matches(path, COPIES)
    return _matches(path, TEXT)


def _is_foreign(folder: PurePosixPath, files: list[PurePosixPath]) -> bool:
    """Whether a folder holds an engine's conversion, known by a kind of file that no module has.

    Its small files, copies of the configuration for the most part, are left out with it.
    """
    if folder == PurePosixPath() or any(_matches(f, (WEIGHTS, *OLD_WEIGHTS)) for f in files):
        return False
    ours = (*TEXT, *CONVERTED)
    return any(not _matches(file, ours) and not file.name.startswith(".") for file in files)


def _matches(path: PurePosixPath, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path.name, pattern) for pattern in patterns)
