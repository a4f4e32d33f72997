"""Which files of a repository a load needs: the model's own, and prebuilt ones that stand for them."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from isomorph.files.names import OLD_WEIGHT_PATTERNS, WEIGHT_PATTERN


def wanted(names: Iterable[str], patterns: tuple[str, ...] = ()) -> list[str]:
    """The files to have, out of all files of a repository; `patterns` ask for more, by full names.

    In a repository without weights the prebuilt files of installed backends are the model.

    Raises:
        BadModel: as `select`.
    """
    from isomorph.resolve.files import select

    listed = list(names)
    if not any(map(_is_weights, listed)):
        patterns = (*patterns, *_of_backends())
    return select(listed, patterns)


def patterns_of(file: object) -> tuple[str, ...]:
    """Patterns of the prebuilt file that a user names, in any folder, with what lies beside it.

    Large files keep their weights in others, whose names begin as theirs do. A name without an ending
    means a file of any kind.
    """
    if not isinstance(file, str) or not file.strip("/"):
        return ()
    name = file.strip("/")
    ending = PurePosixPath(name).suffix
    stem = glob.escape(name.removesuffix(ending))
    found: tuple[str, ...] = (f"{stem}.*",)
    if ending:
        ending = glob.escape(ending)
        found = (f"{stem}{ending}*", f"{stem}-*{ending}*", f"{stem}.bin")
    return (*found, *(f"*/{each}" for each in found))


def _is_weights(name: str) -> bool:
    last = name.rpartition("/")[2]
    return any(fnmatchcase(last, each) for each in (WEIGHT_PATTERN, *OLD_WEIGHT_PATTERNS))


def _of_backends() -> tuple[str, ...]:
    from isomorph.plugins.discovery import installed

    return tuple(pattern for info in installed().infos for pattern in info.artifacts)
